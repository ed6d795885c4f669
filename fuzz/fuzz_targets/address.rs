//! Where a redirect or a link leads, and ids as segments of a path.
#![no_main]
libfuzzer_sys::fuzz_target!(|texts: (String, String)| connect::fuzzing::address(&texts.0, &texts.1));
