//! The body of a refusal, echoing the key or not.
#![no_main]
libfuzzer_sys::fuzz_target!(|body: &[u8]| connect::fuzzing::error_body(body));
