//! Stub.
pub(super) fn template() -> Vec<u8> {
    Vec::new()
}
