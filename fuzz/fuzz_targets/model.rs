//! Every received model: what decodes can be written, read again, and is the same.
#![no_main]
libfuzzer_sys::fuzz_target!(|body: &[u8]| connect::fuzzing::models(body));
