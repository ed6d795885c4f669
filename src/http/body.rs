//! The body of an answer, read into memory that is used again for the next one.

use std::io::{ErrorKind, Read, Result};

use flate2::read::MultiGzDecoder;

/// A page of unusual size must not be held for the rest of the run.
const KEPT: usize = 8 << 20;

/// The server's word on a length is not trusted with more than a page's worth of memory.
const TRUSTED: usize = 1 << 20;

/// The least room that a body of unknown length is given.
const LEAST: usize = 4 << 10;

#[derive(Default)]
pub(super) struct Body {
    /// Zeroed once, however many bodies are read into it.
    room: Vec<u8>,
    length: usize,
}

impl Body {
    /// Makes room for a body of this length, if it is known. Nothing is left of the one before.
    pub(super) fn begin(&mut self, length: Option<usize>) {
        self.length = 0;
        // One more, so that the end is seen without growing.
        self.room_for(length.unwrap_or(0).min(TRUSTED) + 1);
    }

    /// Appends what comes; what came before a failure stays.
    pub(super) fn read(&mut self, mut reader: impl Read) -> Result<()> {
        loop {
            if self.length == self.room.len() {
                self.room_for(self.length * 2 + 1);
            }
            match reader.read(self.room.get_mut(self.length..).unwrap_or_default()) {
                Ok(0) => return Ok(()),
                Ok(count) => self.length += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Appends what is packed, unless there is nothing: an answer without content is empty whatever its labels say.
    pub(super) fn unpack(&mut self, mut reader: impl Read, limit: u64) -> Result<()> {
        let mut first = Vec::with_capacity(1);
        reader.by_ref().take(1).read_to_end(&mut first)?;
        if first.is_empty() {
            return Ok(());
        }
        let unpacked = MultiGzDecoder::new(first.as_slice().chain(reader));
        self.read(unpacked.take(limit.saturating_add(1)))?;
        // A small answer may unpack to a large one.
        if self.length as u64 > limit { Err(ureq::Error::BodyExceedsLimit(limit).into_io()) } else { Ok(()) }
    }

    fn room_for(&mut self, length: usize) {
        if self.room.len() < length {
            self.room.resize(length.max(LEAST), 0);
        }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.room.get(..self.length).unwrap_or_default()
    }

    pub(super) fn into_bytes(mut self) -> Vec<u8> {
        self.room.truncate(self.length);
        self.room
    }

    /// Whether its memory is worth keeping for the next one.
    pub(super) fn is_kept(&self) -> bool {
        self.room.capacity() <= KEPT
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Error, Write as _};

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    /// Its parts one by one, `None` for a read that a signal interrupts.
    struct Parts(Vec<Option<&'static [u8]>>);

    impl Read for Parts {
        fn read(&mut self, into: &mut [u8]) -> Result<usize> {
            assert!(!into.is_empty(), "nothing read would be taken for the end");
            match self.0.pop() {
                Some(Some(mut part)) => part.read(into),
                Some(None) => Err(Error::from(ErrorKind::Interrupted)),
                None => Ok(0),
            }
        }
    }

    #[test]
    fn a_signal_does_not_break_an_answer_off() {
        let mut body = Body::default();
        body.read(Parts(vec![Some(b"lo"), None, Some(b"hel")])).unwrap();
        assert_eq!(body.bytes(), b"hello");
    }

    #[test]
    fn a_body_is_whole_whatever_length_was_promised_and_nothing_of_the_one_before_is_left() {
        let mut body = Body::default();
        for (length, promised) in [
            (0, None),
            (9, Some(9)),
            (LEAST, Some(LEAST)),
            (3, Some(0)),
            (100_000, None),
            (5, Some(70_000)),
            (1, Some(usize::MAX)),
        ] {
            let sent: Vec<u8> = (b'a'..=b'z').cycle().take(length).collect();
            body.begin(promised);
            body.read(sent.as_slice()).unwrap();
            assert_eq!(body.bytes(), sent, "{length} bytes, {promised:?} promised");
        }
        assert_eq!(body.room.len(), TRUSTED + 1, "a length of any size is no memory of any size");
    }

    #[test]
    fn a_long_body_of_unknown_length_takes_few_reads() {
        struct Counted<'a>(&'a [u8], usize);

        impl Read for Counted<'_> {
            fn read(&mut self, into: &mut [u8]) -> Result<usize> {
                self.1 += 1;
                self.0.read(into)
            }
        }

        let sent = vec![b'x'; 1 << 20];
        let mut reader = Counted(&sent, 0);
        let mut body = Body::default();
        body.begin(None);
        body.read(&mut reader).unwrap();
        assert!(reader.1 < 16, "{} reads", reader.1);
    }

    #[test]
    fn a_packed_body_may_unpack_to_the_limit_and_no_further() {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        gzip.write_all(b"0123456789").unwrap();
        let packed = gzip.finish().unwrap();
        for (limit, fits) in [(9, false), (10, true), (11, true)] {
            let mut body = Body::default();
            assert_eq!(body.unpack(packed.as_slice(), limit).is_ok(), fits, "at most {limit}");
            assert_eq!(body.bytes(), b"0123456789");
        }
    }
}
