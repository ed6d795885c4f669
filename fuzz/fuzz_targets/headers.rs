//! `Content-Range`, `Retry-After` and `Date`.
#![no_main]
libfuzzer_sys::fuzz_target!(|text: &str| connect::fuzzing::headers(text));
