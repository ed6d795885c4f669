//! The answer to a look-up, of any bytes: what is concluded from it must be in it.
#![no_main]
libfuzzer_sys::fuzz_target!(|body: &[u8]| connect::fuzzing::look_up(body));
