use std::error::Error as _;
use std::ffi::OsString;
use std::fs;

use proptest::prelude::*;
use serde::Deserialize;
use tempfile::TempDir;

use super::ConfigErrorKind as Kind;
use super::file::{self, Loaded};
use super::*;

const URL: &str = "https://connect.example/public/v1";
const KEY: &str = "SU-000-000-000:t0p-s3cret";

fn no_env(_: &str) -> Option<OsString> {
    None
}

fn env_of<'v>(variables: &'v [(&'v str, &'v str)]) -> impl Fn(&str) -> Option<OsString> + 'v {
    move |name| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value))
}

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    fn load(&self, text: impl AsRef<[u8]>) -> Result<Loaded, ConfigError> {
        file::load(&self.file("config.json", text), &no_env)
    }
}

fn load(text: impl AsRef<[u8]>) -> Result<Config, ConfigError> {
    Folder::new().load(text).map(|loaded| loaded.config)
}

fn refused(text: impl AsRef<[u8]>) -> (Kind, String) {
    let error = load(text).unwrap_err();
    let text = format!("{error}");
    assert!(!text.contains("t0p-s3cret"), "{text}");
    assert!(!format!("{error:?}").contains("t0p-s3cret"), "{error:?}");
    // Without the folder, which differs from run to run.
    (error.kind(), text.split_once("config.json").unwrap().1.trim_start_matches([':', ' ']).to_owned())
}

fn with(more: &str) -> String {
    format!(r#"{{"apiEndpoint": "{URL}", "apiKey": "ApiKey {KEY}", {more}}}"#)
}

#[test]
fn the_example_file_is_a_configuration() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/config.example.json");
    let config = file::load(Path::new(path), &no_env).unwrap().config;
    assert_eq!(config.endpoint(), "https://api.connect.cloudblue.com/public/v1");
    assert_eq!(config.product_ids(), ["PRD-000-000-001", "PRD-000-000-002"]);
    assert_eq!(config.update_method, UpdateMethod::Put);
}

#[test]
fn a_file_with_endpoint_and_key_has_the_documented_defaults() {
    let config = load(format!(r#"{{"apiEndpoint": "{URL}/", "apiKey": "{KEY}"}}"#)).unwrap();
    assert_eq!(config.endpoint(), URL);
    assert_eq!(config.api_key().header(), "ApiKey SU-000-000-000:t0p-s3cret");
    assert_eq!(config.product_ids(), [""; 0]);
    assert_eq!(config.update_method, UpdateMethod::Auto);
    assert_eq!(config.timeout, Duration::from_secs(300));
    assert_eq!(config.connect_timeout, Duration::from_secs(15));
    assert_eq!(config.attempts, 3);
    assert_eq!(config.ca_file, None);
    assert_eq!(
        (config.backoff_base, config.backoff_cap),
        (Duration::from_millis(200), Duration::from_secs(5))
    );
    assert_eq!(config.user_agent, format!("connect-sdk/{}", env!("CARGO_PKG_VERSION")));
    assert_eq!(config.body_limit, 67_108_864);
}

#[test]
fn every_key_of_the_file_is_read() {
    let folder = Folder::new();
    folder.file("ca.pem", "");
    let config = folder
        .load(with(
            r#""products": "PRD-1", "updateMethod": "patch", "timeoutSecs": 60, "connectTimeoutSecs": 0.5,
               "attempts": 7, "caFile": "ca.pem""#,
        ))
        .unwrap()
        .config;
    assert_eq!(config.product_ids(), ["PRD-1"]);
    assert_eq!(config.update_method, UpdateMethod::Patch);
    assert_eq!(config.timeout, Duration::from_secs(60));
    assert_eq!(config.connect_timeout, Duration::from_millis(500));
    assert_eq!(config.attempts, 7);
    assert_eq!(config.ca_file, Some(folder.0.path().join("ca.pem")));
}

#[test]
fn update_method_is_read_in_any_case_of_letters() {
    for (word, method) in
        [("auto", UpdateMethod::Auto), ("PATCH", UpdateMethod::Patch), ("Put", UpdateMethod::Put)]
    {
        let config = load(with(&format!(r#""updateMethod": "{word}""#))).unwrap();
        assert_eq!(config.update_method, method);
    }
}

#[test]
fn products_named_twice_count_once() {
    assert_eq!(
        load(with(r#""products": ["PRD-2", "PRD-1", "PRD-2"]"#)).unwrap().product_ids(),
        ["PRD-2", "PRD-1"]
    );
}

#[test]
fn a_byte_order_mark_does_not_matter() {
    assert_eq!(load(format!("\u{feff}{}", with(r#""attempts": 2"#))).unwrap().attempts, 2);
}

#[test]
fn null_is_absent() {
    let config =
        load(with(r#""products": null, "attempts": null, "caFile": null, "updateMethod": null"#)).unwrap();
    assert_eq!(config.product_ids(), [""; 0]);
    assert_eq!(config.attempts, 3);
}

#[test]
fn a_missing_file_is_named_with_its_whole_path() {
    let error = file::load(Path::new("no/such.json"), &no_env).map(|_| ()).unwrap_err();
    let whole = std::path::absolute("no/such.json").unwrap();
    assert_eq!(error.kind(), Kind::NotFound);
    assert_eq!(error.file(), Some(whole.as_path()));
    let expected = format!("{} does not exist; give the path of a configuration file", whole.display());
    assert_eq!(error.to_string(), expected);
}

#[test]
fn a_folder_is_not_a_file() {
    let folder = Folder::new();
    let error = file::load(folder.0.path(), &no_env).map(|_| ()).unwrap_err();
    assert_eq!(error.kind(), Kind::IsDirectory);
    assert!(error.to_string().ends_with(" is a folder; give the path of a file in it"), "{error}");
}

#[cfg(unix)]
#[test]
fn an_unreadable_file_says_why_in_its_source() {
    let folder = Folder::new();
    let link = folder.0.path().join("loop.json");
    std::os::unix::fs::symlink(&link, &link).unwrap();
    let error = file::load(&link, &no_env).map(|_| ()).unwrap_err();
    assert_eq!(error.kind(), Kind::Unreadable);
    assert_eq!(error.to_string(), format!("{} cannot be read", link.display()));
    assert_eq!(error.source().unwrap().to_string(), fs::read(&link).unwrap_err().to_string());
}

#[test]
fn what_is_no_json_object_is_refused_with_line_and_column_at_most() {
    assert_eq!(refused([b'{', 0xff, b'}']), (Kind::NotUtf8, "is not UTF-8; save it in that encoding".into()));
    assert_eq!(refused(" \n"), (Kind::NotJson, "is empty; it must hold a JSON object".into()));
    assert_eq!(
        refused("{\"apiKey\": \"t0p-s3cret\",\n}"),
        (Kind::NotJson, "is not JSON: trailing comma at line 2 column 1".into())
    );
    assert_eq!(
        refused("{\"apiKey\": \"t0p-s3cret"),
        (Kind::NotJson, "is not JSON: EOF while parsing a string at line 1 column 22".into())
    );
    assert_eq!(
        refused("SU-000:t0p-s3cret"),
        (Kind::NotJson, "is not JSON: expected value at line 1 column 1".into())
    );
    assert_eq!(
        refused("\"SU-000:t0p-s3cret\""),
        (Kind::NotAnObject, "must hold a JSON object, not a string".into())
    );
    assert_eq!(refused("[]"), (Kind::NotAnObject, "must hold a JSON object, not a list".into()));
}

#[test]
fn a_large_file_is_not_read_to_its_end() {
    let limit = 1 << 20;
    let mut text = with(r#""own": 1"#);
    text.push_str(&" ".repeat(limit - text.len()));
    assert_eq!(load(&text).unwrap().endpoint(), URL);
    text.push(' ');
    assert_eq!(refused(text), (Kind::TooLarge, "is larger than 1 MiB, which no configuration is".into()));
}

#[test]
fn a_key_that_stands_twice_is_named() {
    for key in ["attempts", "own"] {
        let expected = format!("{key:?} stands there more than once; keep one");
        let text = with(&format!(r#""a": {{"{key}": 1}}, "{key}": "t0p-s3cret", "b": 2, "{key}": null"#));
        assert_eq!(refused(text), (Kind::Duplicate, expected));
    }
    assert!(load(with(r#""own": {"a": 1}, "a": {"own": 1}"#)).is_ok());
}

#[cfg(unix)]
#[test]
fn a_pipe_is_refused_before_it_blocks() {
    let folder = Folder::new();
    let pipe = folder.0.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let error = file::load(&pipe, &no_env).map(|_| ()).unwrap_err();
    assert_eq!(error.kind(), Kind::NotAFile);
    assert_eq!(error.to_string(), format!("{} is a pipe, a socket or a device, not a file", pipe.display()));
    let error = folder.load(with(r#""caFile": "pipe""#)).map(|_| ()).unwrap_err();
    assert_eq!((error.kind(), error.setting()), (Kind::NotAFile, Some("caFile")));
}

#[test]
fn blanks_and_line_breaks_after_endpoint_and_key_are_dropped() {
    let (url, key) = (format!("{URL}/ \n"), format!("ApiKey {KEY}\r\n"));
    let text = serde_json::json!({"apiEndpoint": url, "apiKey": key}).to_string();
    let env = [("CONNECT_API_ENDPOINT", url.as_str()), ("CONNECT_API_KEY", key.as_str())];
    for config in [load(text), env::load(&env_of(&env)), Config::new(&url, &key)] {
        let config = config.unwrap();
        assert_eq!((config.endpoint(), config.api_key().header()), (URL, &*format!("ApiKey {KEY}")));
    }
}

#[test]
fn missing_keys_are_named() {
    assert_eq!(
        refused(format!(r#"{{"apiKey": "{KEY}"}}"#)),
        (Kind::Missing, r#""apiEndpoint" is missing; add the URL of the API, https://…/public/v1"#.into())
    );
    let expected = "\"apiKey\" is missing, and environment variable CONNECT_API_KEY is not set either; \
                    one must hold the key";
    assert_eq!(refused(format!(r#"{{"apiEndpoint": "{URL}"}}"#)), (Kind::Missing, expected.into()));
}

#[test]
fn near_misses_of_important_keys_are_named_with_the_right_one() {
    for (text, found, wanted) in [
        (format!(r#"{{"apiEndpoint": "{URL}", "apikey": "{KEY}"}}"#), "apikey", "apiKey"),
        (format!(r#"{{"apiEndpoint": "{URL}", "api_key": "{KEY}"}}"#), "api_key", "apiKey"),
        (format!(r#"{{"ApiEndPoint": "{URL}", "apiKey": "{KEY}"}}"#), "ApiEndPoint", "apiEndpoint"),
        (with(r#""product": "PRD-1""#), "product", "products"),
        (with(r#""Products": ["PRD-1"]"#), "Products", "products"),
    ] {
        let all = if wanted == "products" { ", which handles the orders of every product" } else { "" };
        let expected = format!(
            "{found:?} looks like {wanted:?}, which is missing; \
             rename it, or add \"{wanted}\": null if it is a key of your own{all}"
        );
        assert_eq!(refused(text), (Kind::Misspelt, expected));
    }
}

#[test]
fn a_key_of_the_program_may_look_like_one_of_the_sdk_if_that_is_there_too() {
    let config = load(with(r#""product": "mine", "products": ["PRD-1"]"#)).unwrap();
    assert_eq!(config.value::<String>("product").unwrap().as_deref(), Some("mine"));
    let config = load(with(r#""projects": 3, "products": null"#)).unwrap();
    assert_eq!(config.value::<u8>("projects").unwrap(), Some(3));
}

#[test]
fn near_misses_of_optional_keys_are_warned_of() {
    let folder = Folder::new();
    let warnings =
        folder.load(with(r#""update_method": "PUT", "attempt": 1, "timeout": 3"#)).unwrap().warnings;
    let path = folder.0.path().join("config.json");
    let path = path.display();
    assert_eq!(
        warnings.iter().filter(|warning| warning.contains("did you mean")).collect::<Vec<_>>(),
        [
            &format!(r#"{path}: "update_method" has no effect; did you mean "updateMethod"?"#),
            &format!(r#"{path}: "attempt" has no effect; did you mean "attempts"?"#),
        ]
    );
}

#[test]
fn wrong_types_say_what_is_there_and_what_should_be() {
    let kind = Kind::WrongType;
    assert_eq!(
        refused(r#"{"apiEndpoint": 1}"#),
        (kind, r#""apiEndpoint" must be a string, not a number"#.to_owned())
    );
    assert_eq!(
        refused(format!(r#"{{"apiEndpoint": "{URL}", "apiKey": ["t0p-s3cret"]}}"#)),
        (kind, r#""apiKey" must be a string, not a list"#.to_owned())
    );
    for (entry, expected) in [
        (r#""products": 1"#, r#""products" must be a string or a list of strings, not a number"#),
        (r#""products": ["a", {}]"#, r#""products" must be a list of strings only, not an object"#),
        (r#""products": [null]"#, r#""products" must be a list of strings only, not null"#),
        (r#""updateMethod": true"#, r#""updateMethod" must be a string, not true or false"#),
        (r#""timeoutSecs": "300""#, r#""timeoutSecs" must be a number of seconds, not a string"#),
        (r#""connectTimeoutSecs": []"#, r#""connectTimeoutSecs" must be a number of seconds, not a list"#),
        (r#""attempts": "3""#, r#""attempts" must be a whole number, not a string"#),
        (r#""caFile": 1"#, r#""caFile" must be a string, not a number"#),
    ] {
        assert_eq!(refused(with(entry)), (kind, expected.to_owned()), "{entry}");
    }
}

#[test]
fn values_out_of_their_limits_are_refused() {
    for (entry, kind, expected) in [
        (r#""products": """#, Kind::Empty, r#""products" holds an empty product id"#),
        (
            r#""products": []"#,
            Kind::Empty,
            r#""products" is an empty list; leave it out to work on every product"#,
        ),
        (
            r#""products": "PRD-1,PRD-2""#,
            Kind::BadCharacter,
            r#""products" holds a product id with a comma; write a list of ids"#,
        ),
        (
            r#""products": ["PRD 1"]"#,
            Kind::BadCharacter,
            r#""products" holds a product id with a space, a control character or one that is not ASCII"#,
        ),
        (
            r#""updateMethod": "POST""#,
            Kind::UnknownValue,
            r#""updateMethod" must be "auto", "PATCH" or "PUT""#,
        ),
        (
            r#""timeoutSecs": 0"#,
            Kind::OutOfRange,
            r#""timeoutSecs" must be more than zero; no call could end in time"#,
        ),
        (
            r#""timeoutSecs": -1"#,
            Kind::OutOfRange,
            r#""timeoutSecs" must be more than zero; no call could end in time"#,
        ),
        (r#""timeoutSecs": 1e300"#, Kind::OutOfRange, r#""timeoutSecs" must be a day (86400 s) at most"#),
        (
            r#""connectTimeoutSecs": 86400.001"#,
            Kind::OutOfRange,
            r#""connectTimeoutSecs" must be a day (86400 s) at most"#,
        ),
        (
            r#""attempts": 0"#,
            Kind::OutOfRange,
            r#""attempts" must be at least 1, as the first attempt counts"#,
        ),
        (r#""attempts": -1"#, Kind::OutOfRange, r#""attempts" must be a whole number from 1 to 100"#),
        (r#""attempts": 1.5"#, Kind::OutOfRange, r#""attempts" must be a whole number from 1 to 100"#),
        (r#""attempts": 101"#, Kind::OutOfRange, r#""attempts" must be 100 at most"#),
        (r#""attempts": 18446744073709551615"#, Kind::OutOfRange, r#""attempts" must be 100 at most"#),
        (r#""caFile": """#, Kind::Empty, r#""caFile" is empty; leave it out"#),
    ] {
        assert_eq!(refused(with(entry)), (kind, expected.to_owned()), "{entry}");
    }
    assert_eq!(load(with(r#""timeoutSecs": 86400, "attempts": 100"#)).unwrap().attempts, 100);
}

#[test]
fn a_ca_file_must_be_there() {
    let folder = Folder::new();
    let error = folder.load(with(r#""caFile": "ca.pem""#)).map(|_| ()).unwrap_err();
    assert_eq!(error.kind(), Kind::NotFound);
    assert_eq!(error.setting(), Some("caFile"));
    let path = folder.0.path().join("ca.pem");
    assert!(
        error.to_string().ends_with(&format!("names {}, which does not exist", path.display())),
        "{error}"
    );
    assert_eq!(folder.load(with(r#""caFile": ".""#)).map(|_| ()).unwrap_err().kind(), Kind::IsDirectory);
}

#[test]
fn certificates_of_a_ca_file_are_read_all_or_none() {
    // As long as it says, and without anything that makes it a certificate: the TLS library looks at that.
    let base64 = format!("MIIBIAAA{}AA==", "AAAA".repeat(95));
    let lines: Vec<_> = base64.as_bytes().chunks(64).map(|line| str::from_utf8(line).unwrap()).collect();
    let first = format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"));
    let second = first.replace('\n', "\r\n");
    let no_line = |text: &str, at: usize| {
        text.lines()
            .enumerate()
            .filter(|(i, _)| *i != at)
            .map(|(_, line)| format!("{line}\n"))
            .collect::<Vec<_>>()
            .concat()
    };
    let no_base64 = first.replacen("MII", "!!!", 1);
    let no_end = no_line(&first, first.lines().count() - 1);
    let folder = Folder::new();
    let read = |text: &str| {
        let config = Config::new(URL, KEY).unwrap().ca_file(folder.file("ca.pem", text));
        config.certificates().map(|certificates| certificates.unwrap().len())
    };
    assert_eq!(read(&first).unwrap(), 1);
    assert_eq!(read(&format!("# a comment\n{first}\r\n{second}")).unwrap(), 2);
    for (text, expected) in [
        (format!("{first}{}{second}", no_line(&first, 2)), "is damaged: 1 of 3 certificates cannot be read"),
        (format!("{first}{no_base64}{second}"), "is damaged: 1 of 3 certificates cannot be read"),
        (format!("{no_base64}{first}{no_base64}"), "is damaged: 2 of 3 certificates cannot be read"),
        (format!("{first}{second}{no_end}"), "is damaged: 1 of 3 certificates cannot be read"),
        (no_base64.clone(), "holds no certificate in PEM form"),
        (String::new(), "holds no certificate in PEM form"),
    ] {
        let error = read(&text).unwrap_err();
        assert_eq!((error.kind(), error.setting()), (Kind::BadCertificate, Some("ca_file")));
        assert!(error.to_string().ends_with(&format!("ca.pem, which {expected}")), "{error}");
    }
    assert!(Config::new(URL, KEY).unwrap().certificates().unwrap().is_none());
}

#[test]
fn a_path_that_an_error_quotes_stays_on_its_line() {
    let (_, text) = refused(with(r#""caFile": "a\nb\u001b.pem""#));
    assert!(text.ends_with("a\\nb\\u{1b}.pem, which does not exist"), "{text}");
    let error = file::load(Path::new("no\nsuch.json"), &no_env).map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("no\\nsuch.json does not exist"), "{error}");
}

#[cfg(unix)]
#[test]
fn a_ca_file_that_cannot_be_read_says_why_in_its_source() {
    let error = Folder::new().load(with(r#""caFile": "config.json/ca.pem""#)).map(|_| ()).unwrap_err();
    assert_eq!(error.kind(), Kind::Unreadable);
    assert!(error.to_string().ends_with("config.json/ca.pem, which cannot be read"), "{error}");
    assert!(std::error::Error::source(&error).is_some());
}

#[test]
fn bad_endpoint_and_key_are_reported_under_their_name() {
    let (kind, text) =
        refused(format!(r#"{{"apiEndpoint": "http://t0p-s3cret.evil.com", "apiKey": "{KEY}"}}"#));
    assert_eq!(kind, Kind::InsecureUrl);
    assert!(text.starts_with("\"apiEndpoint\" is plain http"), "{text}");
    let (kind, text) = refused(format!(r#"{{"apiEndpoint": "{URL}", "apiKey": "t0p-s3cret\nX: y"}}"#));
    assert_eq!(kind, Kind::BadCharacter);
    assert!(text.starts_with("\"apiKey\" holds a control character"), "{text}");
}

#[test]
fn a_file_without_key_takes_it_and_nothing_else_from_the_environment() {
    let folder = Folder::new();
    let path = folder.file("config.json", format!(r#"{{"apiEndpoint": "{URL}"}}"#));
    let env =
        [("CONNECT_API_KEY", KEY), ("CONNECT_API_ENDPOINT", "https://other"), ("CONNECT_PRODUCTS", "PRD-9")];
    let config = file::load(&path, &env_of(&env)).unwrap().config;
    assert_eq!(config.api_key().header(), format!("ApiKey {KEY}"));
    assert_eq!(config.endpoint(), URL);
    assert_eq!(config.product_ids(), [""; 0]);
    assert!(file::load(&path, &env_of(&env)).unwrap().warnings.is_empty());

    let error = file::load(&path, &env_of(&[("CONNECT_API_KEY", " ")])).map(|_| ()).unwrap_err();
    assert_eq!((error.kind(), error.setting()), (Kind::Empty, Some("CONNECT_API_KEY")));

    let path =
        folder.file("null.json", format!(r#"{{"apiEndpoint": "{URL}", "apiKey": null, "appKey": 1}}"#));
    assert_eq!(file::load(&path, &env_of(&env)).unwrap().config.api_key().header(), format!("ApiKey {KEY}"));
}

#[test]
fn the_key_in_the_file_wins_over_the_environment() {
    let folder = Folder::new();
    let path = folder.file("config.json", with(r#""attempts": 1"#));
    let config = file::load(&path, &env_of(&[("CONNECT_API_KEY", "SU-1:other")])).unwrap().config;
    assert_eq!(config.api_key().header(), format!("ApiKey {KEY}"));
}

#[cfg(unix)]
#[test]
fn a_file_with_the_key_that_others_can_read_is_warned_of() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = Folder::new();
    let path = folder.file("config.json", with(r#""attempts": 1"#));
    for (mode, warned) in [(0o600, false), (0o400, false), (0o640, true), (0o604, true), (0o620, true)] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let warnings = file::load(&path, &no_env).unwrap().warnings;
        let text = format!(
            "{} holds the API key and is open to other users (mode {mode:03o}); run chmod 600 on it",
            path.display()
        );
        assert_eq!(warnings, if warned { vec![text] } else { vec![] });
    }
}

#[test]
fn the_environment_alone_is_enough() {
    let env = [("CONNECT_API_ENDPOINT", URL), ("CONNECT_API_KEY", KEY)];
    let config = env::load(&env_of(&env)).unwrap();
    assert_eq!(config.endpoint(), URL);
    assert_eq!(config.api_key().header(), format!("ApiKey {KEY}"));
    assert_eq!(config.product_ids(), [""; 0]);

    let env = [env[0], env[1], ("CONNECT_PRODUCTS", "PRD-1, PRD-2")];
    assert_eq!(env::load(&env_of(&env)).unwrap().product_ids(), ["PRD-1", "PRD-2"]);
}

#[test]
fn mistakes_in_the_environment_name_the_variable() {
    let (url, key) = (("CONNECT_API_ENDPOINT", URL), ("CONNECT_API_KEY", KEY));
    let (no_products, holey) = (("CONNECT_PRODUCTS", " "), ("CONNECT_PRODUCTS", "PRD-1,,PRD-2"));
    for (env, kind, expected) in [
        (&[][..], Kind::Missing, "environment variable CONNECT_API_ENDPOINT is not set"),
        (&[url], Kind::Missing, "environment variable CONNECT_API_KEY is not set"),
        (
            &[url, key, no_products],
            Kind::Empty,
            "environment variable CONNECT_PRODUCTS is set but empty; unset it to work on every product",
        ),
        (&[url, key, holey], Kind::Empty, "environment variable CONNECT_PRODUCTS holds an empty product id"),
    ] {
        let error = env::load(&env_of(env)).unwrap_err();
        assert_eq!((error.kind(), error.to_string().as_str()), (kind, expected));
    }
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_not_utf8_is_refused_unquoted() {
    use std::os::unix::ffi::OsStringExt as _;

    let env = |name: &str| {
        let value = if name == "CONNECT_API_KEY" { b"t0p-s3cret\xff".to_vec() } else { URL.into() };
        Some(OsString::from_vec(value))
    };
    let error = env::load(&env).unwrap_err();
    assert_eq!(error.kind(), Kind::NotUtf8);
    assert_eq!(format!("{error}"), "environment variable CONNECT_API_KEY is not UTF-8");
    assert!(!format!("{error:?}").contains("t0p-s3cret"), "{error:?}");
}

#[test]
fn keys_of_the_program_are_read_in_any_type() {
    #[derive(Debug, Deserialize, PartialEq)]
    struct Erp {
        url: String,
        retries: u8,
    }

    let config = load(with(r#""erp": {"url": "x", "retries": 2}, "dry": true, "none": null"#)).unwrap();
    assert_eq!(config.value::<Erp>("erp").unwrap(), Some(Erp { url: "x".into(), retries: 2 }));
    assert_eq!(config.value::<bool>("dry").unwrap(), Some(true));
    assert_eq!(config.value::<String>("none").unwrap(), None);
    assert_eq!(config.value::<String>("absent").unwrap(), None);
}

#[test]
fn keys_of_the_sdk_are_not_readable_as_the_programs() {
    let config = load(with(r#""attempts": 2"#)).unwrap();
    assert_eq!(config.value::<String>("apiKey").unwrap(), None);
    assert_eq!(config.value::<u32>("attempts").unwrap(), None);
}

#[test]
fn a_key_of_the_program_that_type_mismatch_is_named_and_not_quoted() {
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only its shape matters")]
    struct Erp {
        password: String,
        port: u16,
    }

    let config = load(with(r#""token": "t0p-s3cret", "erp": {"password": "t0p-s3cret"}"#)).unwrap();
    let error = config.value::<u16>("token").unwrap_err();
    assert_eq!((error.kind(), error.setting()), (Kind::WrongType, Some("token")));
    assert!(
        error.to_string().ends_with(r#"config.json: "token" is a string, which does not fit u16"#),
        "{error}"
    );
    let error = config.value::<Erp>("erp").unwrap_err();
    assert!(error.to_string().ends_with("Erp: missing field `port`"), "{error}");
    assert!(!format!("{error:?}{config:?}").contains("t0p-s3cret"));
}

#[test]
fn setters_replace_the_defaults() {
    let config = Config::new(URL, KEY)
        .unwrap()
        .products(["PRD-1", "PRD-1"])
        .update_method(UpdateMethod::Put)
        .timeout(Duration::from_secs(1))
        .connect_timeout(Duration::from_millis(2))
        .attempts(1)
        .ca_file(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .backoff(Duration::ZERO, Duration::from_millis(3))
        .user_agent("my processor/1.0 (ops@example.com)")
        .body_limit(4);
    config.check().unwrap();
    assert_eq!(config.product_ids(), ["PRD-1"]);
    assert_eq!(config.get_update_method(), UpdateMethod::Put);
    assert_eq!(config.get_timeout(), Duration::from_secs(1));
    assert_eq!(config.get_connect_timeout(), Duration::from_millis(2));
    assert_eq!(config.get_attempts(), 1);
    assert!(config.get_ca_file().is_some_and(|path| path.ends_with("Cargo.toml")));
    assert_eq!(config.get_backoff(), (Duration::ZERO, Duration::from_millis(3)));
    assert_eq!(config.get_user_agent(), "my processor/1.0 (ops@example.com)");
    assert_eq!(config.get_body_limit(), 4);
}

#[test]
fn what_setters_were_given_is_checked() {
    let config = || Config::new(URL, KEY).unwrap();
    let day = Duration::from_secs(86_400);
    let ms = Duration::from_millis(1);
    for (config, setting, kind) in [
        (config().products([""; 0]), "products", Kind::Empty),
        (config().products([""]), "products", Kind::Empty),
        (config().products(["a,b"]), "products", Kind::BadCharacter),
        (config().timeout(Duration::ZERO), "timeout", Kind::OutOfRange),
        (config().timeout(day + ms), "timeout", Kind::OutOfRange),
        (config().connect_timeout(Duration::ZERO), "connect_timeout", Kind::OutOfRange),
        (config().connect_timeout(Duration::MAX), "connect_timeout", Kind::OutOfRange),
        (config().attempts(0), "attempts", Kind::OutOfRange),
        (config().attempts(101), "attempts", Kind::OutOfRange),
        (config().backoff(ms * 2, ms), "backoff", Kind::OutOfRange),
        (config().backoff(ms, day), "backoff", Kind::OutOfRange),
        (config().user_agent(""), "user_agent", Kind::Empty),
        (config().user_agent("  "), "user_agent", Kind::Empty),
        (config().user_agent(" a"), "user_agent", Kind::BadCharacter),
        (config().user_agent("a\r\nX-Evil: 1"), "user_agent", Kind::BadCharacter),
        (config().user_agent("ü"), "user_agent", Kind::BadCharacter),
        (config().body_limit(0), "body_limit", Kind::OutOfRange),
        (config().ca_file("/no/such.pem"), "ca_file", Kind::NotFound),
        (config().ca_file(env!("CARGO_MANIFEST_DIR")), "ca_file", Kind::IsDirectory),
    ] {
        let error = config.check().unwrap_err();
        assert_eq!((error.setting(), error.kind()), (Some(setting), kind), "{error}");
    }
    config().timeout(day).connect_timeout(day).backoff(day / 24, day / 24).attempts(100).check().unwrap();
}

#[test]
fn endpoint_and_key_swapped_do_not_show_the_key() {
    let error = Config::new(KEY, URL).unwrap_err();
    assert_eq!(error.to_string(), "endpoint has no scheme; it must start with https://");
    assert!(!format!("{error:?}").contains("t0p-s3cret"));
    let error = Config::new(URL, "").unwrap_err();
    assert_eq!(error.to_string(), "API key is empty; a key looks like SU-000-000-000:abc…");
}

#[test]
fn debug_shows_settings_and_neither_the_key_nor_own_values() {
    let text = format!("{:?}", load(with(r#""erpPassword": "own-t0p-s3cret", "attempts": 4"#)).unwrap());
    assert!(!text.contains("t0p-s3cret"), "{text}");
    for part in ["api_key: ApiKey(***)", "attempts: 4", r#"own_keys: ["erpPassword"]"#, URL] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

/// JSON-like text around a secret: valid files, files with one thing wrong, and garbage.
fn file_around(secret: &'static str) -> impl Strategy<Value = String> {
    const KEYS: &[&str] = &[
        "apiEndpoint",
        "apiKey",
        "products",
        "updateMethod",
        "timeoutSecs",
        "attempts",
        "caFile",
        "apikey",
        "own",
    ];
    let value = prop_oneof![
        Just(format!("\"{secret}\"")),
        Just(format!("\"SU-1:{secret}\"")),
        Just(format!("\"ApiKey SU-1:{secret}\\n\"")),
        Just(format!("\"https://{secret}.example:{secret}/\"")),
        Just(format!("\"https://{secret}@example\"")),
        Just(format!("[\"{secret}\", {{}}]")),
        Just(format!("{{\"{secret}\": 1}}")),
        Just(format!("\"{URL}\"")),
        Just("1e5".to_owned()),
        Just("null".to_owned()),
        ".{0,10}",
    ];
    let entry = (prop::sample::select(KEYS), value).prop_map(|(key, value)| format!("{key:?}: {value}"));
    let object = prop::collection::vec(entry, 0..6).prop_map(|entries| format!("{{{}}}", entries.join(", ")));
    prop_oneof![3 => object, 1 => (".{0,20}", ".{0,20}").prop_map(move |(a, b)| format!("{a}{secret}{b}"))]
}

proptest! {
    #[test]
    fn any_file_is_read_or_refused_without_its_secret(text in file_around("t0ps3cret")) {
        let path = Path::new("config.json");
        let config = file::Keys::parse(&text, path).and_then(|mut keys| {
            let config = keys.take_config(&no_env)?;
            Ok((config, keys.warnings))
        });
        match config {
            Ok((config, warnings)) => {
                let endpoint_or_product = config.endpoint().contains("t0ps3cret")
                    || config.product_ids().iter().any(|id| id.contains("t0ps3cret"));
                let text = format!("{config:?}{warnings:?}");
                prop_assert!(endpoint_or_product || !text.contains("t0ps3cret"), "{}", text);
            }
            Err(error) => {
                // The path of a caFile that does not exist is the one value an error quotes.
                let text = format!("{error}{error:?}");
                prop_assert!(error.setting() == Some("caFile") || !text.contains("t0ps3cret"), "{}", text);
                prop_assert_eq!(error.to_string().lines().count(), 1);
            }
        }
    }

    #[test]
    fn any_pair_of_texts_is_a_configuration_or_an_error(url in "(https://)?.*", key in ".*") {
        if let Ok(config) = Config::new(&url, &key) {
            prop_assert!(config.check().is_ok());
        }
    }

    #[test]
    fn any_own_value_stays_out_of_the_error(secret in "[a-z]{12}", as_number in any::<bool>()) {
        let text = with(&format!(r#""own": [{{"{secret}": "{secret}"}}]"#));
        let mut keys = file::Keys::parse(&text, Path::new("config.json")).unwrap();
        let config = Config { own: keys.map.clone(), ..keys.take_config(&no_env).unwrap() };
        let error = if as_number { config.value::<u8>("own").unwrap_err() } else { config.value::<Vec<u8>>("own").unwrap_err() };
        let text = format!("{error}{error:?}{config:?}");
        prop_assert!(!text.contains(&secret), "{}", text);
    }
}
