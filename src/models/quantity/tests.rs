use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Decimal, Quantity};

fn read(value: Value) -> Quantity {
    serde_json::from_value(value).unwrap()
}

#[test]
fn all_forms_of_a_number_are_equal() {
    for form in [json!(2), json!(2.0), json!("2"), json!("2.0"), json!("+2"), json!(" 2.00 "), json!("0.2e1")]
    {
        assert_eq!(read(form.clone()), Quantity::from(2), "{form}");
        assert!(read(form) == 2);
    }
    assert_eq!(read(json!(null)), Quantity::default());
    assert!(read(json!("-0.0")).is_zero());
}

#[test]
fn decimals_are_exact() {
    for text in ["0.1", "5.5", "0.12345678", "123456789012345678.12345678", "-2.5", "99999999999999999999"] {
        assert_eq!(read(json!(text)).to_string(), text);
        assert_eq!(serde_json::to_value(read(json!(text))).unwrap(), text);
    }
    assert_eq!(read(json!(0.1)).to_string(), "0.1");
    assert_ne!(read(json!("0.1")), read(json!("0.10000000000000001")));
    assert_eq!(read(json!("12.50")).to_string(), "12.5");
}

#[test]
fn numbers_are_written_as_numbers_and_texts_as_texts() {
    let written = |value: Value| serde_json::to_value(read(value)).unwrap();
    assert_eq!(written(json!(5)), json!(5));
    assert_eq!(written(json!(50.0)), json!(50));
    assert_eq!(written(json!(2.5)), json!(2.5));
    assert_eq!(written(json!("50.0")), json!("50"));
    assert_eq!(written(json!(u64::MAX)), json!(18_446_744_073_709_551_615_u64));
    assert_eq!(written(json!(-1)), json!("unlimited"));
}

#[test]
fn unlimited_has_three_spellings_and_exceeds_all() {
    for form in [json!("unlimited"), json!("Unlimited"), json!(-1), json!("-1"), json!(-1.0)] {
        assert!(read(form.clone()).is_unlimited(), "{form}");
        assert!(read(form).is_positive());
    }
    assert!(read(json!("99999999999999999999999999999999999999")) < Quantity::Unlimited);
    assert!(Quantity::Unlimited > 0 && Quantity::from("0.5") < 1);
    assert!(Quantity::Unlimited == -1 && Quantity::Unlimited != 0);
    assert_eq!((Quantity::Unlimited.as_f64(), Quantity::Unlimited.as_i64()), (None, None));
}

#[test]
fn order_is_numeric() {
    let texts = ["-10", "-2.5", "-2.25", "0", "0.00000001", "0.5", "2", "2.05", "2.5", "10", "1e30"];
    let sorted: Vec<_> = texts.iter().map(|text| Quantity::from(*text)).collect();
    assert!(sorted.windows(2).all(|pair| pair[0] < pair[1]));
}

#[test]
fn what_is_no_number_is_kept() {
    let long = "9".repeat(10_000);
    let tiny = format!("0.{}1", "0".repeat(10_000));
    for text in
        ["many", "1e999999", "1e99999999999999999999", "1.2.3", "--1", ".", "-", "1e", "٣", "0x10", "1_000"]
            .into_iter()
            .chain([long.as_str(), tiny.as_str()])
    {
        let quantity = read(json!(text));
        assert_eq!(quantity, Quantity::Unknown(text.into()));
        assert_eq!(serde_json::to_value(&quantity).unwrap(), text);
        assert!(!quantity.is_positive() && !quantity.is_zero());
        assert_eq!(quantity.partial_cmp(&Quantity::from(1)), None);
    }
    assert_eq!(read(json!(1e300)).to_string().len(), 301, "too long to compute with, but not lost");
    assert!(read(json!(format!("0e{}", i64::MAX))).is_zero());
    assert!(read(json!(format!("1.{}", "0".repeat(10_000)))) == 1);
}

#[test]
fn structures_are_no_quantities() {
    serde_json::from_value::<Quantity>(json!({})).unwrap_err();
    serde_json::from_value::<Quantity>(json!(["1", "2"])).unwrap_err();
}

#[test]
fn a_decimal_converts_where_it_fits() {
    let decimal = |text: &str| Decimal::parse(text).unwrap();
    assert_eq!((decimal("118.25").as_f64(), decimal("118.25").as_i64()), (118.25, None));
    assert_eq!(decimal("1e18").as_i64(), Some(1_000_000_000_000_000_000));
    assert_eq!(decimal("1e19").as_i64(), None);
    assert_eq!(
        format!("[{:>6}] [{:+}] [{:06}]", decimal("-.5"), decimal("2"), decimal("-2.5")),
        "[  -0.5] [+2] [-002.5]"
    );
}

proptest! {
    #[test]
    fn no_text_panics(text in "[-+0-9.eE ]{0,60}|\\PC{0,20}") {
        let quantity = Quantity::from(text.as_str());
        prop_assert!(quantity == Quantity::from(quantity.to_string().as_str()));
        prop_assert!(quantity.partial_cmp(&quantity) == Some(std::cmp::Ordering::Equal));
    }

    #[test]
    fn order_agrees_with_integers(one in -10_i64.pow(15)..10_i64.pow(15), other in -10_i64.pow(15)..10_i64.pow(15), scale in 0_u32..9) {
        let decimal = |value: i64, shift: u32| Decimal::parse(&format!("{value}e-{shift}")).unwrap();
        prop_assert_eq!(decimal(one, scale).cmp(&decimal(other, scale)), one.cmp(&other));
        let wide = |value: i64, power: u32| i128::from(value) * 10_i128.pow(power);
        prop_assert_eq!(decimal(one, scale).cmp(&decimal(other, 3)), wide(one, 3).cmp(&wide(other, scale)));
    }
}
