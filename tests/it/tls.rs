//! A push to an account behind TLS: as an account of Spacelift's is, but for its name and its certificate.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::cli::bench::Bench;
use crate::killed::gate::Gate;
use crate::secrets::parrot::request;

fn certificate(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("src/spacelift/tests/certificates")
        .join(name)
}

/// Where the account is to be found, and how many requests it was sent there.
struct Front {
    endpoint: String,
    asked: Arc<AtomicUsize>,
}

/// Takes TLS off requests and passes them on, for as long as the tests run.
fn front(behind: &str) -> Front {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let chain = vec![CertificateDer::from_pem_file(certificate("server.pem")).unwrap()];
    let key = PrivateKeyDer::from_pem_file(certificate("server.key.pem")).unwrap();
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let asked = Arc::new(AtomicUsize::new(0));
    let behind = behind.strip_prefix("http://").unwrap().to_string();
    let counted = asked.clone();
    std::thread::spawn(move || {
        for socket in listener.incoming().flatten() {
            let connection = ServerConnection::new(config.clone()).unwrap();
            let mut client = StreamOwned::new(connection, socket);
            // Whoever does not trust the certificate sends nothing.
            let Some((head, body)) = request(&mut client) else {
                continue;
            };
            counted.fetch_add(1, Ordering::SeqCst);
            let mut server = TcpStream::connect(&behind).unwrap();
            server.write_all(head.as_bytes()).unwrap();
            server.write_all(body.as_bytes()).unwrap();
            let mut answer = Vec::new();
            server.read_to_end(&mut answer).unwrap();
            client.write_all(&answer).ok();
            client.conn.send_close_notify();
            client.flush().ok();
        }
    });
    Front {
        endpoint: format!("https://localhost:{port}"),
        asked,
    }
}

#[test]
fn an_account_behind_tls_is_pushed_to() {
    let gate = Gate::new();
    let front = front(&gate.endpoint());
    let mut bench = Bench::with_starter();
    bench.edit(
        "access.yaml",
        "account: example ",
        &format!("account: {{endpoint: \"{}\"}} ", front.endpoint),
    );
    bench.set("SPACELIFT_API_KEY_ENDPOINT", &front.endpoint);
    bench.set("SPACELIFT_API_KEY_ID", &gate.key().0);
    bench.set("SPACELIFT_API_KEY_SECRET", &gate.key().1);

    // A certificate of an authority that nobody knows gets neither a secret nor a policy.
    let said = bench.ends(1, "push --yes").stderr;
    assert!(said.contains("certificate"), "{said}");
    assert_eq!(front.asked.load(Ordering::SeqCst), 0);

    let authority = certificate("authority.pem");
    let trusting = format!("--ca-bundle {}", authority.display());
    let said = bench.fine(&format!("push --yes {trusting}"));
    assert!(
        said.contains("policy created `liftgate`, and read back as sent"),
        "{said}"
    );
    assert!(front.asked.load(Ordering::SeqCst) > 10);
    let said = bench.fine(&format!("plan {trusting}"));
    assert!(said.contains("Nothing to do"), "{said}");
    let account = std::fs::read_to_string(gate.file()).unwrap();
    let account: serde_json::Value = serde_json::from_str(&account).unwrap();
    let policies: Vec<_> = account["policies"].as_object().unwrap().values().collect();
    bench.fine("render");
    assert_eq!(policies.len(), 1);
    assert_eq!(
        policies[0]["body"],
        bench.read("spacelift/login.rego").as_str()
    );
}
