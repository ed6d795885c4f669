//! A stable 128-bit fingerprint of a file's content.

/// Sums up what the workbook says, so that the same records get the same external id in every run.
///
/// Two lanes of xor-multiply-shift over 64-bit words. Each step is a bijection of the lane for a given word and of the
/// word for a given lane, so contents that differ in one word never meet in a lane; for others the odds are those of
/// 128 random bits. Not a defence against someone who wants two contents to meet. **The result must never change
/// between versions**, or a repeated upload would no longer be recognised: std's hashers do not promise that.
#[derive(Clone, Debug)]
pub(crate) struct Fingerprint {
    a: u64,
    b: u64,
}

// The primes of XXH64, for nothing but their well mixed bits.
const K1: u64 = 0x9E37_79B1_85EB_CA87;
const K2: u64 = 0xC2B2_AE3D_27D4_EB4F;

impl Fingerprint {
    pub(crate) fn new() -> Self {
        Self { a: K2, b: K1 }
    }

    pub(crate) fn word(&mut self, word: u64) {
        self.a = (self.a ^ word).wrapping_mul(K1);
        self.a ^= self.a >> 32;
        self.b = self.b.wrapping_add(word).wrapping_mul(K2);
        self.b ^= self.b >> 29;
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.text_at(0, text);
    }

    /// A text and the number of its place. Place and length go in first, so that `("ab", "c")` and `("a", "bc")` differ.
    pub(crate) fn text_at(&mut self, place: u64, text: &str) {
        self.word(place << 32 ^ text.len() as u64);
        let (words, rest) = text.as_bytes().as_chunks::<8>();
        for word in words {
            self.word(u64::from_le_bytes(*word));
        }
        if rest.is_empty() {
            return;
        }
        // The last eight bytes, some of them once more, are read at one stroke.
        let last = text.as_bytes().last_chunk().map(|word| u64::from_le_bytes(*word));
        self.word(
            last.unwrap_or_else(|| rest.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte))),
        );
    }

    /// 32 hexadecimal digits.
    pub(crate) fn hex(mut self) -> String {
        let (a, b) = (self.a, self.b);
        self.word(b);
        self.word(a);
        format!("{:016x}{:016x}", self.a, self.b)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(texts: &[&str]) -> String {
        let mut fingerprint = Fingerprint::new();
        for text in texts {
            fingerprint.text(text);
        }
        fingerprint.hex()
    }

    #[test]
    fn the_value_never_changes() {
        assert_eq!(of(&[]), "c10e3edc443cbcf5190e1aba4f83e66b");
        assert_eq!(of(&["record_id", "ü", "0123456789abcdef"]), "bb5e89c5b78708225d2ee533bfa66d83");
    }

    #[test]
    fn borders_between_texts_count() {
        assert_ne!(of(&["ab", "c"]), of(&["a", "bc"]));
        assert_ne!(of(&["", "a"]), of(&["a", ""]));
        assert_ne!(of(&["a"]), of(&["a\0"]));
    }

    #[test]
    fn order_counts() {
        assert_ne!(of(&["rec-1", "rec-2"]), of(&["rec-2", "rec-1"]));
    }
}
