//! Quantities: reading, comparing and writing them.
#![no_main]

use connect::models::{Decimal, Quantity};

libfuzzer_sys::fuzz_target!(|texts: (String, String)| {
    let [a, b] = [texts.0.as_str(), texts.1.as_str()].map(|text| connect::fuzzing::quantity(text));
    assert_eq!(a.partial_cmp(&b).map(std::cmp::Ordering::reverse), b.partial_cmp(&a));
    assert_eq!(a == b, b == a);
    let _ = (a.is_positive(), a.as_f64(), a.as_i64(), Quantity::default() == a);
    if let Some(number) = Decimal::parse(&texts.0) {
        assert_eq!(Decimal::parse(&number.to_string()), Some(number), "{number}");
    }
});
