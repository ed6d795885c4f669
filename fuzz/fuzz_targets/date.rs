//! Dates in any form: what is read is written in the platform's form, and read again the same.
#![no_main]
libfuzzer_sys::fuzz_target!(|text: &str| connect::fuzzing::date(text));
