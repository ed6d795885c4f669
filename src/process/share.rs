//! Which objects a machine handles, where several machines do the same job.

use super::Queue;
use crate::error::{Error, Result};

/// One of so many parts of all objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Share {
    index: u32,
    of: u32,
}

impl Share {
    pub(crate) fn new(index: u32, of: u32) -> Self {
        Self { index, of }
    }

    /// # Errors
    ///
    /// For a share that no object can be of.
    pub(crate) fn check(self) -> Result<()> {
        let Self { index, of } = self;
        match of {
            0 => Err(Error::input("a share is one of at least 1: nothing was sent")),
            _ if index >= of => Err(Error::input(format!(
                "share {index} of {of} is none, since shares are counted from 0: the last one is {} of {of}. Nothing was sent",
                of - 1
            ))),
            _ => Ok(()),
        }
    }

    pub(crate) fn has<T: Queue>(self, item: &T) -> bool {
        self.has_id(item.asset_id().unwrap_or_else(|| item.id()))
    }

    fn has_id(self, id: &str) -> bool {
        hash(id).checked_rem(u64::from(self.of)) == Some(u64::from(self.index))
    }

    /// As a ledger notes it.
    #[cfg(feature = "ledger")]
    pub(crate) fn text(share: Option<Self>) -> String {
        let Self { index, of } = share.unwrap_or(Self { index: 0, of: 1 });
        format!("{index}/{of}")
    }
}

/// FNV-1a with 64 bits, and the last steps of `MurmurHash3`, since the low bits of the first alone hang together.
///
/// **It must never change**: machines with different versions of this crate would handle the same order.
fn hash(id: &str) -> u64 {
    let hash = id.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    let hash = (hash ^ hash >> 33).wrapping_mul(0xff51_afd7_ed55_8ccd);
    let hash = (hash ^ hash >> 33).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^ hash >> 33
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn index(id: &str, of: u32) -> u32 {
        let mut having = (0..of).filter(|&index| Share::new(index, of).has_id(id));
        let first = having.next().unwrap();
        assert_eq!(having.next(), None, "{id} is in two shares of {of}");
        first
    }

    #[test]
    fn the_share_of_an_id_never_changes() {
        for (id, sum) in [
            ("", 0xefd0_1f60_ba99_2926),
            ("AS-1234-5678-9012", 0x2503_a04d_d6e1_e59d),
            ("AS-0000-0000-0000", 0x702b_e770_5df5_a175),
            ("TC-123-456-789", 0x7870_a8e5_3771_5b2b),
            ("Größe", 0xe504_efb7_74d0_03a6),
        ] {
            assert_eq!(hash(id), sum, "{id}: {:#x}", hash(id));
        }
        let shares = ["AS-1234-5678-9012", "AS-0000-0000-0000", "TC-123-456-789"];
        assert_eq!(shares.map(|id| index(id, 10)), [7, 9, 1]);
    }

    #[test]
    fn a_share_that_no_object_can_be_of_is_refused() {
        for (index, of, is_one) in [(0, 0, false), (1, 1, false), (4, 3, false), (0, 1, true), (63, 64, true)]
        {
            assert_eq!(Share::new(index, of).check().is_ok(), is_one, "{index} of {of}");
        }
    }

    proptest! {
        #[test]
        fn shares_are_disjoint_and_complete(id in "\\PC*", of in 1_u32..=64) {
            index(&id, of);
        }
    }

    /// Ids as the platform gives them: random digits, and in a row.
    fn ids() -> impl Iterator<Item = String> {
        let mut seed = 7_u64;
        (0..100_000_u64).map(move |number| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let digits = if number % 2 == 0 { (seed >> 20) % 1_000_000_000_000 } else { number };
            format!("AS-{:04}-{:04}-{:04}", digits / 100_000_000, digits / 10_000 % 10_000, digits % 10_000)
        })
    }

    #[test]
    fn shares_are_about_equal() {
        for of in 1..=64_u32 {
            let mut counts = vec![0_u32; of as usize];
            for id in ids() {
                counts[usize::try_from(hash(&id) % u64::from(of)).unwrap()] += 1;
            }
            let even = 100_000.0 / f64::from(of);
            let most = counts.iter().map(|&count| (f64::from(count) / even - 1.0).abs()).fold(0.0, f64::max);
            assert!(most <= if of <= 16 { 0.05 } else { 0.12 }, "{of}: {most}");
        }
    }
}
