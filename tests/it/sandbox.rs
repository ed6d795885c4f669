//! The sandbox against the platform's documents, as a client without any knowledge of it sees it.

mod bench;
mod lists;
mod table;
