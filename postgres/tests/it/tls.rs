//! TLS: who is trusted, by `sslmode` and `sslrootcert`.

use std::fs;

use connect_postgres::Postgres;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

use crate::server::Server;

/// An authority, and a certificate of it for `name`, with its key.
fn certificates(name: &str) -> (String, String, String) {
    let mut params = CertificateParams::new([]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new([name.to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
    (issuer.pem(), certificate.pem(), key.serialize_pem())
}

#[test]
fn a_server_is_trusted_as_far_as_sslmode_says() {
    let (authority, certificate, key) = certificates("db.example");
    let server = Server::start("fsync = off\nlisten_addresses = '127.0.0.1'");
    server.file("server.crt", &certificate);
    server.file("server.key", &key);
    server.file("pg_hba.conf", "local all all trust\nhostssl all all 127.0.0.1/32 trust\n");
    server.set("ssl = on\nlisten_addresses = '127.0.0.1'");
    server.control("restart");
    let folder = tempfile::tempdir().unwrap();
    let (ours, others, none) =
        (folder.path().join("ours.pem"), folder.path().join("others.pem"), folder.path().join("none.pem"));
    fs::write(&ours, authority).unwrap();
    fs::write(&others, certificates("db.example").0).unwrap();
    fs::write(&none, "nothing").unwrap();
    let (ours, others, none) = (ours.display(), others.display(), none.display());
    // The name of the certificate, at the address of the server.
    let named = "host=db.example hostaddr=127.0.0.1";
    let other = "host=other.example hostaddr=127.0.0.1";
    for (host, tls, refusal) in [
        (named, "sslmode=disable".to_owned(), Some("does not let this user in")),
        (named, "sslmode=prefer".into(), None),
        (named, String::new(), None),
        (named, "sslmode=require".into(), None),
        (other, "sslmode=require".into(), None),
        (other, format!("sslmode=require sslrootcert={others}"), Some("invalid peer certificate")),
        (other, format!("sslmode=verify-ca sslrootcert={ours}"), None),
        (named, format!("sslmode=verify-ca sslrootcert={others}"), Some("invalid peer certificate")),
        (named, format!("sslmode=verify-full sslrootcert={ours}"), None),
        (other, format!("sslmode=verify-full sslrootcert={ours}"), Some("not valid for name")),
        (named, "sslmode=verify-full".into(), Some("invalid peer certificate")),
        (named, "sslmode=allow".into(), Some("sslmode=allow is not supported")),
        (named, format!("sslmode=verify-full sslrootcert={none}"), Some("it has no certificate")),
        (named, "sslmode=verify-full sslrootcert=/nowhere.pem".into(), Some("/nowhere.pem cannot be used")),
    ] {
        let opened = Postgres::open(format!("{host} port={} user=jobs dbname=postgres {tls}", server.port()));
        match (opened, refusal) {
            (Ok(_), None) => {}
            (Err(error), Some(text)) => assert!(error.to_string().contains(text), "{host} {tls}: {error}"),
            (opened, _) => panic!("{host} {tls}: {opened:?}"),
        }
    }
}
