//! A gateway that goes on with its connections at another server, as a pool does when a standby takes over.

use std::io::{self, Read, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::server::Server;

/// One address, whichever server is behind it.
pub(crate) struct Gateway {
    port: u16,
    /// The socket of the server, and how often it was another one.
    behind: Arc<Mutex<(String, u32)>>,
}

impl Gateway {
    pub(crate) fn before(server: &Server) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let gateway = Self {
            port: listener.local_addr().unwrap().port(),
            behind: Arc::new(Mutex::new((server.socket(), 0))),
        };
        let behind = Arc::clone(&gateway.behind);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let behind = Arc::clone(&behind);
                std::thread::spawn(move || serve(stream, &behind));
            }
        });
        gateway
    }

    pub(crate) fn go_on_at(&self, server: &Server) {
        let mut behind = self.behind.lock().unwrap_or_else(PoisonError::into_inner);
        *behind = (server.socket(), behind.1 + 1);
    }

    pub(crate) fn address(&self) -> String {
        format!("host=127.0.0.1 port={} user=jobs dbname=postgres sslmode=disable", self.port)
    }
}

/// A client's statements, each followed by all of its answer.
fn serve(mut client: TcpStream, behind: &Mutex<(String, u32)>) -> io::Result<()> {
    let now = || behind.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let hello = message(&mut client, 0)?;
    let (socket, mut number) = now();
    let mut server = UnixStream::connect(socket)?;
    server.write_all(&hello)?;
    client.write_all(&answer(&mut server)?)?;
    let mut settings: Option<Vec<u8>> = None;
    loop {
        let mut asked = Vec::new();
        loop {
            let part = message(&mut client, 1)?;
            asked.extend_from_slice(&part);
            if matches!(part.first(), Some(b'Q' | b'S')) {
                break;
            }
        }
        let settings = settings.get_or_insert_with(|| asked.clone());
        // While no server is there, it waits for the next.
        let answer = loop {
            let (socket, later) = now();
            if later != number {
                // The client believes that it is where it was.
                server = UnixStream::connect(socket)?;
                for before in [&hello, &*settings] {
                    server.write_all(before)?;
                    answer(&mut server)?;
                }
                number = later;
            }
            match server.write_all(&asked).and_then(|()| answer(&mut server)) {
                Ok(answer) => break answer,
                Err(_) => std::thread::sleep(Duration::from_millis(20)),
            }
        };
        client.write_all(&answer)?;
    }
}

/// Everything up to where the server waits for the next statement.
fn answer(server: &mut UnixStream) -> io::Result<Vec<u8>> {
    let mut all = Vec::new();
    loop {
        let part = message(server, 1)?;
        all.extend_from_slice(&part);
        if part.first() == Some(&b'Z') {
            return Ok(all);
        }
    }
}

/// One message: its kind, where it has one, its length, and what it says.
fn message(from: &mut impl Read, kind: usize) -> io::Result<Vec<u8>> {
    let mut head = vec![0; kind + 4];
    from.read_exact(&mut head)?;
    let length = u32::from_be_bytes([head[kind], head[kind + 1], head[kind + 2], head[kind + 3]]);
    let mut message = head;
    message.resize(kind + length as usize, 0);
    from.read_exact(&mut message[kind + 4..])?;
    Ok(message)
}
