//! Over the network, with the bare words of HTTP.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::*;

fn serve() -> (Server, String) {
    let server = Desk::new().sandbox.serve("127.0.0.1:0").unwrap();
    let address = server
        .endpoint()
        .strip_prefix("http://")
        .unwrap()
        .to_owned();
    (server, address)
}

/// Status and body of what comes back.
fn send(address: &str, request: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    stream.read_to_string(&mut answer).unwrap();
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    (status, answer.split_once("\r\n\r\n").unwrap().1.to_owned())
}

fn post(address: &str, headers: &str, body: &str) -> (u16, String) {
    let length = body.len();
    let host = if headers.contains("Host:") {
        String::new()
    } else {
        format!("Host: {address}\r\n")
    };
    send(
        address,
        &format!(
            "POST /graphql HTTP/1.1\r\n{host}Connection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
        ),
    )
}

#[test]
fn a_request_is_answered_with_its_token() {
    let (server, address) = serve();
    let (id, secret) = server.credentials();
    let exchange =
        json!({ "query": EXCHANGE, "variables": { "id": id, "secret": secret } }).to_string();
    let (status, body) = post(&address, "Content-Type: application/json\r\n", &exchange);
    let answer: Value = serde_json::from_str(&body).unwrap();
    let token = answer["data"]["apiKeyUser"]["jwt"]
        .as_str()
        .unwrap_or_else(|| panic!("{status} {body}"))
        .to_owned();
    let ask = |authorization: &str| {
        let (status, body) = post(
            &address,
            authorization,
            r#"{"query": "query A { name } query B { id }", "operationName": "A", "variables": null}"#,
        );
        (status, serde_json::from_str::<Value>(&body).unwrap())
    };
    assert_eq!(
        ask(&format!("Authorization: Bearer {token}\r\n")),
        (200, json!({ "data": { "name": "acme" } }))
    );
    assert_eq!(
        ask(&format!("authorization: bearer {token}\r\n")).1["data"]["name"],
        "acme"
    );
    for bad in [
        "",
        "Authorization: Bearer x\r\n",
        &format!("Authorization: Basic {token}\r\n"),
        "Authorization: \r\n",
    ] {
        let (status, answer) = ask(bad);
        assert_eq!(
            (status, &answer["errors"][0]["message"]),
            (200, &json!("unauthorized")),
            "{bad}"
        );
    }
    assert!(
        String::from_utf8(decode(token.split('.').nth(1).unwrap()))
            .unwrap()
            .contains(&server.endpoint())
    );
}

fn decode(text: &str) -> Vec<u8> {
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let bits: String = text
        .chars()
        .map(|letter| format!("{:06b}", alphabet.find(letter).unwrap()))
        .collect();
    bits.as_bytes()
        .chunks_exact(8)
        .map(|byte| u8::from_str_radix(std::str::from_utf8(byte).unwrap(), 2).unwrap())
        .collect()
}

#[test]
fn other_methods_paths_and_bodies_are_refused() {
    let (_server, address) = serve();
    let plain = |line: &str| {
        send(&address, &format!("{line} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")).0
    };
    assert_eq!(plain("GET /graphql"), 405);
    assert_eq!(plain("OPTIONS /graphql"), 405);
    assert_eq!(plain("POST /"), 404);
    assert_eq!(plain("GET /graphql/"), 404);
    assert_eq!(plain("POST /graphql"), 400);
    for body in [
        "{",
        "[]",
        "{}",
        r#"{"query": 1}"#,
        r#"{"query": "{name}", "variables": []}"#,
        r#"{"query": "{name}", "operationName": 3}"#,
        "\u{0}",
    ] {
        assert_eq!(post(&address, "", body).0, 400, "{body}");
    }
    assert_eq!(
        post(
            &address,
            "Content-Type: text/plain\r\n",
            r#"{"query": "{name}"}"#
        )
        .0,
        415
    );
    let large = format!(r#"{{"query": "{}"}}"#, " ".repeat(5 * 1024 * 1024));
    let length = large.len();
    let (status, _) = send(
        &address,
        &format!(
            "POST /graphql HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n"
        ),
    );
    assert_eq!(status, 413);
}

#[test]
fn only_loopback_hosts_are_answered() {
    let (_server, address) = serve();
    let status = |headers: &str| post(&address, headers, r#"{"query": "{ __typename }"}"#).0;
    for good in [
        "Host: localhost\r\n",
        "Host: LOCALHOST:80\r\n",
        "Host: 127.0.0.1:1\r\n",
        "Host: [::1]:9\r\n",
        "Host: localhost\r\nOrigin: http://localhost:3000\r\n",
    ] {
        assert_eq!(status(good), 200, "{good}");
    }
    for bad in [
        "Host: evil.example\r\n",
        "Host: localhost.evil.example\r\n",
        "Host: 10.0.0.1\r\n",
        "Host: [::1].evil.example\r\n",
        "Host: \r\n",
        "Host: localhost\r\nOrigin: https://evil.example\r\n",
        "Host: localhost\r\nOrigin: null\r\n",
        "Host: localhost\r\nOrigin: http://localhost.evil.example\r\n",
    ] {
        assert_eq!(status(bad), 403, "{bad}");
    }
    assert_eq!(
        send(
            &address,
            "POST /graphql HTTP/1.1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        )
        .0,
        403
    );
}

#[test]
fn only_loopback_addresses_are_listened_on() {
    let sandbox = Desk::new().sandbox;
    let error = sandbox.serve("0.0.0.0:0").unwrap_err().to_string();
    assert_eq!(
        error,
        "cannot serve the sandbox on `0.0.0.0:0`: only a loopback address such as 127.0.0.1 can be used"
    );
    assert!(sandbox.serve("nonsense").is_err());
    let first = sandbox.serve("127.0.0.1:0").unwrap();
    let taken = first.endpoint().strip_prefix("http://").unwrap().to_owned();
    assert!(sandbox.serve(&taken).is_err());
}

#[test]
fn a_server_ends_promptly_even_while_a_client_is_in_the_middle() {
    let (server, address) = serve();
    let mut stalled = TcpStream::connect(&address).unwrap();
    stalled
        .write_all(b"POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{")
        .unwrap();
    std::thread::sleep(Duration::from_millis(50));
    assert_eq!(
        post(&address, "", r#"{"query": "{ viewer { id } }"}"#).1,
        r#"{"data":{"viewer":null}}"#
    );
    let start = Instant::now();
    drop(server);
    assert!(start.elapsed() < Duration::from_secs(2));
}

#[test]
fn the_file_is_free_again_when_the_server_has_ended() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sandbox.json");
    let server = Sandbox::open(&path, &seed())
        .unwrap()
        .serve("127.0.0.1:0")
        .unwrap();
    assert!(Sandbox::open(&path, &seed()).is_err());
    drop(server);
    Sandbox::open(&path, &seed()).unwrap();
}

#[test]
fn many_clients_at_once_are_all_answered() {
    let (server, address) = serve();
    let (id, secret) = server.credentials();
    let exchange =
        json!({ "query": EXCHANGE, "variables": { "id": id, "secret": secret } }).to_string();
    let threads: Vec<_> = (0..16)
        .map(|_| {
            let (address, exchange) = (address.clone(), exchange.clone());
            std::thread::spawn(move || post(&address, "", &exchange))
        })
        .collect();
    for thread in threads {
        let (status, body) = thread.join().unwrap();
        assert!(status == 200 && body.contains("jwt"), "{status} {body}");
    }
}
