//! Certificates: the wrong one, the right one, and our own.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};

use super::server::{read, write};
use super::timing::FakeTiming;
use super::{KEY_SECRET, login, viewer};
use crate::spacelift::{Error, Options, ReadAccount, Reader, connect_read_only};

/// Made for these tests and valid from 2020 to 2120; the authority's key was
/// thrown away. The server's certificate is for `localhost` and `127.0.0.1`.
fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("src/spacelift/tests/certificates")
        .join(name)
}

fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

/// Serves a login and a viewer over TLS, then ends.
struct TlsServer {
    port: u16,
    thread: JoinHandle<usize>,
}

impl TlsServer {
    fn start(name: &str, asks_for_a_certificate: bool) -> Self {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .unwrap();
        let builder = if asks_for_a_certificate {
            let mut roots = RootCertStore::empty();
            roots
                .add(CertificateDer::from_pem_file(file("authority.pem")).unwrap())
                .unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
                .build()
                .unwrap();
            builder.with_client_cert_verifier(verifier)
        } else {
            builder.with_no_client_auth()
        };
        let chain = vec![CertificateDer::from_pem_file(file(&format!("{name}.pem"))).unwrap()];
        let key = PrivateKeyDer::from_pem_file(file(&format!("{name}.key.pem"))).unwrap();
        let config = Arc::new(builder.with_single_cert(chain, key).unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let thread = std::thread::spawn(move || {
            let mut answered = 0;
            for step in [login(), viewer()] {
                let (socket, _) = listener.accept().unwrap();
                let connection = ServerConnection::new(config.clone()).unwrap();
                let mut stream = StreamOwned::new(connection, socket);
                if read(&mut stream).is_none() {
                    // The handshake failed: no second connection will come.
                    break;
                }
                write(&step, &mut stream);
                stream.conn.send_close_notify();
                let _ = stream.conn.complete_io(&mut stream.sock);
                answered += 1;
            }
            answered
        });
        TlsServer { port, thread }
    }

    fn ask(
        self,
        host: &str,
        more: &[(&str, String)],
        bundle: Option<&Path>,
    ) -> (Result<(), Error>, usize) {
        let port = self.port;
        let reader = open(&format!("https://{host}:{port}"), more, bundle).unwrap();
        let result = reader.viewer().map(|_| ());
        // In case it still waits: it ends at the first connection without a request.
        let _ = TcpStream::connect(("127.0.0.1", port));
        (result, self.thread.join().unwrap())
    }
}

fn open(endpoint: &str, more: &[(&str, String)], bundle: Option<&Path>) -> Result<Reader, Error> {
    let environment = |name: &str| {
        let own = match name {
            "SPACELIFT_API_KEY_ENDPOINT" => Some(endpoint.to_owned()),
            "SPACELIFT_API_KEY_ID" => Some("01KEY".to_owned()),
            "SPACELIFT_API_KEY_SECRET" => Some(KEY_SECRET.to_owned()),
            _ => None,
        };
        own.or_else(|| {
            more.iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| value.clone())
        })
    };
    let options =
        Options::from_environment(&environment, bundle)?.with_timing(Arc::new(FakeTiming::new()));
    connect_read_only(options)
}

#[test]
fn an_unknown_authority_is_refused() {
    let (result, answered) = TlsServer::start("server", false).ask("localhost", &[], None);
    let error = result.unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("`: its certificate is from an authority that is not trusted"),
        "{error}"
    );
    assert!(
        error
            .to_string()
            .starts_with("cannot trust `https://localhost:")
    );
    assert!(error.hint().contains("--ca-bundle"));
    assert_eq!(answered, 0);
}

#[test]
fn the_bundle_is_trusted() {
    let authority = file("authority.pem");
    let (result, answered) =
        TlsServer::start("server", false).ask("localhost", &[], Some(&authority));
    result.unwrap();
    assert_eq!(answered, 2);
    let (result, _) = TlsServer::start("server", false).ask(
        "127.0.0.1",
        &[("SPACELIFT_API_TLS_CA", text(&authority))],
        None,
    );
    result.unwrap();
}

#[test]
fn the_command_line_goes_before_the_environment() {
    let authority = file("authority.pem");
    let (result, _) = TlsServer::start("server", false).ask(
        "localhost",
        &[("SPACELIFT_API_TLS_CA", "nonexistent.pem".into())],
        Some(&authority),
    );
    result.unwrap();
}

#[test]
fn a_certificate_for_another_name_is_refused() {
    let authority = file("authority.pem");
    let (result, _) = TlsServer::start("other", false).ask("localhost", &[], Some(&authority));
    let error = result.unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("its certificate is for another name"),
        "{error}"
    );
}

#[test]
fn our_own_certificate_is_shown() {
    let authority = file("authority.pem");
    let own = [
        ("SPACELIFT_API_TLS_CERT", text(&file("client.pem"))),
        ("SPACELIFT_API_TLS_KEY", text(&file("client.key.pem"))),
    ];
    let (result, answered) =
        TlsServer::start("server", true).ask("localhost", &own, Some(&authority));
    result.unwrap();
    assert_eq!(answered, 2);
}

#[test]
fn files_that_cannot_be_used_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let make = |name: &str, content: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    };
    let endpoint = "https://localhost:1";
    let hollow = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    for (path, reason) in [
        (folder.path().join("none.pem"), "No such file"),
        (
            make("empty.pem", ""),
            "it holds no certificate in PEM format",
        ),
        (
            make("text.pem", "hello"),
            "it holds no certificate in PEM format",
        ),
        (
            make("cut.pem", "-----BEGIN CERTIFICATE-----\nAAAA"),
            "it is not in PEM format",
        ),
        (
            make("hollow.pem", hollow),
            "none of its certificates is valid",
        ),
        (
            file("server.key.pem"),
            "it holds no certificate in PEM format",
        ),
    ] {
        let error = open(endpoint, &[], Some(&path)).unwrap_err();
        let expected = format!("cannot use the CA bundle `{}`: ", path.display());
        assert!(error.to_string().starts_with(&expected), "{error}");
        assert!(error.to_string().contains(reason), "{error}");
    }

    let own = |certificate: PathBuf, key: PathBuf| {
        let pairs = [
            ("SPACELIFT_API_TLS_CERT", text(&certificate)),
            ("SPACELIFT_API_TLS_KEY", text(&key)),
        ];
        open(endpoint, &pairs, None).map(|_| ())
    };
    own(file("client.pem"), file("client.key.pem")).unwrap();
    let error = own(file("client.pem"), file("server.key.pem")).unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("it does not belong to the client certificate"),
        "{error}"
    );
    let error = own(file("client.pem"), file("client.pem")).unwrap_err();
    assert!(
        error.to_string().ends_with("it holds no private key"),
        "{error}"
    );
    own(make("hollow2.pem", hollow), file("client.key.pem")).unwrap_err();

    for (set, unset) in [
        ("SPACELIFT_API_TLS_CERT", "SPACELIFT_API_TLS_KEY"),
        ("SPACELIFT_API_TLS_KEY", "SPACELIFT_API_TLS_CERT"),
    ] {
        let error = open(endpoint, &[(set, "a.pem".into())], None).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("`{set}` is set, but `{unset}` is not")
        );
    }
}

/// A proxy for one tunnel after the other, each to the same port here.
/// Answers the first line of each request.
fn proxy(verdict: &'static str, port: u16, tunnels: usize) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let thread = std::thread::spawn(move || {
        let mut lines = Vec::new();
        for _ in 0..tunnels {
            let (client, _) = listener.accept().unwrap();
            let mut reader = BufReader::new(client.try_clone().unwrap());
            let mut head = Vec::new();
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                if line.trim_end().is_empty() {
                    break;
                }
                head.push(line.trim_end().to_owned());
            }
            lines.extend(head);
            let mut client_out = client.try_clone().unwrap();
            write!(client_out, "HTTP/1.1 {verdict}\r\n\r\n").unwrap();
            if verdict.starts_with("200") {
                let server = TcpStream::connect(("127.0.0.1", port)).unwrap();
                let mut server_in = server.try_clone().unwrap();
                let back = std::thread::spawn(move || {
                    let _ = std::io::copy(&mut server_in, &mut client_out);
                    let _ = client_out.shutdown(std::net::Shutdown::Both);
                });
                let _ = std::io::copy(&mut reader, &mut &server);
                let _ = server.shutdown(std::net::Shutdown::Both);
                back.join().unwrap();
            }
        }
        lines
    });
    (format!("http://me:pass-word@{address}"), thread)
}

#[test]
fn a_proxy_is_a_tunnel_and_does_not_see_inside() {
    let server = TlsServer::start("other", false);
    let (url, thread) = proxy("200 OK", server.port, 2);
    let reader = open(
        "https://other.test",
        &[("HTTPS_PROXY", url)],
        Some(&file("authority.pem")),
    )
    .unwrap();
    reader.viewer().unwrap();
    assert_eq!(server.thread.join().unwrap(), 2);
    drop(reader);
    let seen = thread.join().unwrap().join("\n");
    assert!(
        seen.starts_with("CONNECT other.test:443 HTTP/1.1"),
        "{seen}"
    );
    assert!(!seen.to_lowercase().contains("bearer"), "{seen}");
}

#[test]
fn a_proxy_that_refuses_is_named_without_its_password() {
    let (url, thread) = proxy("407 Proxy Authentication Required", 0, 1);
    let reader = open("https://other.test", &[("HTTPS_PROXY", url)], None).unwrap();
    let error = reader.viewer().unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("the proxy of the environment does not work: "),
        "{error}"
    );
    assert!(!format!("{error:?}").contains("pass-word"));
    thread.join().unwrap();
}
