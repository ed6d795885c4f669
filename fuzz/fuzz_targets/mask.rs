//! Bodies for the log: no value of a password, whatever is around it.
#![no_main]
libfuzzer_sys::fuzz_target!(|body: &[u8]| connect::fuzzing::mask(body));
