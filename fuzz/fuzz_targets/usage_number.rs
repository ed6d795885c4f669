//! Numbers of a usage record: exact in a cell, or refused.
#![no_main]
libfuzzer_sys::fuzz_target!(|text: &str| connect::fuzzing::usage_number(text));
