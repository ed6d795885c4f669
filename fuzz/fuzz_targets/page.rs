//! A page of orders, of any bytes, element by element where need be.
#![no_main]
libfuzzer_sys::fuzz_target!(|body: &[u8]| connect::fuzzing::page(body));
