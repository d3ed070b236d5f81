//! Certificates and proxies: how the connection is made, not what it carries.

use std::fs::File;
use std::io::Read;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use rustls::sign::CertifiedKey;
use ureq::Proxy;
use ureq::tls::{Certificate, ClientCert, PrivateKey, RootCerts, TlsConfig};

use super::endpoint::Endpoint;
use super::environment::{Environment, filled, path};
use super::error::Error;

const TLS_CA: &str = "SPACELIFT_API_TLS_CA";
const TLS_CERT: &str = "SPACELIFT_API_TLS_CERT";
const TLS_KEY: &str = "SPACELIFT_API_TLS_KEY";

/// Above the largest bundle that operating systems ship, in bytes.
const LARGEST: u64 = 16 << 20;

/// Certificate files of the user's choice.
#[derive(Debug, Clone, Default)]
pub(super) struct Trust {
    /// Trusted instead of the system's authorities, as Spacelift's CLI client
    /// does it.
    pub(super) ca_bundle: Option<PathBuf>,
    /// Certificate and key that we show to the server.
    pub(super) client: Option<(PathBuf, PathBuf)>,
}

impl Trust {
    /// The files that the variables of Spacelift's CLI client name; `bundle`,
    /// from the command line, goes first.
    pub(super) fn from_environment(
        environment: &dyn Environment,
        bundle: Option<&Path>,
    ) -> Result<Self, Error> {
        let is_set = |name| filled(environment, name).is_some();
        for (set, unset) in [(TLS_CERT, TLS_KEY), (TLS_KEY, TLS_CERT)] {
            if is_set(set) && !is_set(unset) {
                return Err(Error::Setting {
                    problem: format!("`{set}` is set, but `{unset}` is not"),
                    hint: format!("set `{unset}` too, or neither"),
                });
            }
        }
        let client = path(environment, TLS_CERT)?.zip(path(environment, TLS_KEY)?);
        let ca_bundle = match bundle {
            Some(bundle) => Some(bundle.to_owned()),
            None => path(environment, TLS_CA)?,
        };
        Ok(Trust { ca_bundle, client })
    }

    /// Reads the files.
    pub(super) fn tls(&self) -> Result<TlsConfig, Error> {
        let roots = match &self.ca_bundle {
            Some(path) => authorities(path)?,
            None => RootCerts::PlatformVerifier,
        };
        let client = match &self.client {
            Some((certificate, key)) => Some(identity(certificate, key)?),
            None => None,
        };
        Ok(TlsConfig::builder()
            .root_certs(roots)
            .client_cert(client)
            .build())
    }
}

fn authorities(path: &Path) -> Result<RootCerts, Error> {
    let list = certificates("CA bundle", path)?;
    // The HTTP library drops what it cannot use without a word; a bundle
    // without any usable certificate would then look like an untrusted server.
    let (usable, _) =
        RootCertStore::empty().add_parsable_certificates(list.iter().map(CertificateDer::clone));
    if usable == 0 {
        return Err(unusable(
            "CA bundle",
            path,
            "none of its certificates is valid",
        ));
    }
    Ok(list.iter().map(certificate).collect::<Vec<_>>().into())
}

fn identity(path: &Path, key_path: &Path) -> Result<ClientCert, Error> {
    let chain = certificates("client certificate", path)?;
    let pem = read("key of the client certificate", key_path)?;
    let key_problem = |reason| unusable("key of the client certificate", key_path, reason);
    let key =
        PrivateKeyDer::from_pem_slice(&pem).map_err(|_| key_problem("it holds no private key"))?;
    // The HTTP library assumes that the two belong together and panics
    // otherwise.
    let provider = rustls::crypto::ring::default_provider();
    CertifiedKey::from_der(chain.clone(), key, &provider)
        .map_err(|_| key_problem("it does not belong to the client certificate"))?;
    let key = PrivateKey::from_pem(&pem).map_err(|_| key_problem("it holds no private key"))?;
    let chain: Vec<_> = chain.iter().map(certificate).collect();
    Ok(ClientCert::new_with_certs(&chain, key))
}

fn certificate(der: &CertificateDer<'static>) -> Certificate<'static> {
    Certificate::from_der(der.as_ref()).to_owned()
}

fn certificates(role: &'static str, path: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    let pem = read(role, path)?;
    let list: Vec<_> = CertificateDer::pem_slice_iter(&pem)
        .collect::<Result<_, _>>()
        .map_err(|_| unusable(role, path, "it is not in PEM format"))?;
    if list.is_empty() {
        return Err(unusable(
            role,
            path,
            "it holds no certificate in PEM format",
        ));
    }
    Ok(list)
}

fn read(role: &'static str, path: &Path) -> Result<Vec<u8>, Error> {
    let mut content = Vec::new();
    File::open(path)
        .and_then(|file| file.take(LARGEST + 1).read_to_end(&mut content))
        .map_err(|error| unusable(role, path, &error.to_string()))?;
    if content.len() as u64 > LARGEST {
        return Err(unusable(
            role,
            path,
            &format!("it is larger than {LARGEST} bytes"),
        ));
    }
    Ok(content)
}

fn unusable(role: &'static str, path: &Path, reason: &str) -> Error {
    Error::File {
        role,
        path: path.to_owned(),
        reason: reason.to_owned(),
    }
}

/// The proxy on the way to `endpoint`, if the environment names one. Never one
/// for this machine.
pub(super) fn proxy(
    endpoint: &Endpoint,
    environment: &dyn Environment,
) -> Result<Option<Proxy>, Error> {
    if endpoint.is_loopback() {
        return Ok(None);
    }
    let either = |upper: &str, lower: &str| {
        filled(environment, lower).or_else(|| filled(environment, upper))
    };
    let exceptions = either("NO_PROXY", "no_proxy").unwrap_or_default();
    if goes_direct(endpoint.host(), &exceptions) {
        return Ok(None);
    }
    // An address with a loopback host aside, every endpoint is https.
    let Some((name, text)) = either("HTTPS_PROXY", "https_proxy")
        .map(|text| ("HTTPS_PROXY", text))
        .or_else(|| either("ALL_PROXY", "all_proxy").map(|text| ("ALL_PROXY", text)))
    else {
        return Ok(None);
    };
    let problem = |what: &str| Error::Setting {
        // The value may hold a password.
        problem: format!("`{name}` {what}"),
        hint: "write `http://proxy.example.org:3128`".into(),
    };
    let proxy = Proxy::new(text.trim()).map_err(|_| problem("is not an address"))?;
    match proxy.protocol() {
        ureq::ProxyProtocol::Http | ureq::ProxyProtocol::Https => Ok(Some(proxy)),
        _ => Err(problem("is neither an `http` nor an `https` proxy")),
    }
}

/// Whether `NO_PROXY` covers the host: `*`, a name (which covers the names
/// below it, as in curl and Go), a name with a leading dot, or an address.
fn goes_direct(host: &str, exceptions: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    exceptions.split(',').map(str::trim).any(|rule| {
        let rule = rule.to_ascii_lowercase();
        // A port in a rule narrows it; honouring the host alone errs towards
        // no proxy, which is what the rule asks for.
        let rule = match rule.rsplit_once(':') {
            Some((name, port))
                if port.bytes().all(|byte| byte.is_ascii_digit()) && !name.contains(':') =>
            {
                name
            }
            _ => &rule,
        };
        let name = rule.trim_start_matches('*').trim_start_matches('.');
        if rule == "*" {
            true
        } else if name.is_empty() {
            false
        } else if bare.parse::<IpAddr>().is_ok() {
            bare == rule
        } else {
            bare == name
                || bare
                    .strip_suffix(name)
                    .is_some_and(|rest| rest.ends_with('.'))
        }
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn exceptions_follow_the_usual_rules() {
        let host = "example.app.spacelift.io";
        for rule in [
            "*",
            "example.app.spacelift.io",
            "spacelift.io",
            ".spacelift.io",
            "*.spacelift.io",
            "a.org, SPACELIFT.io:443",
        ] {
            assert!(goes_direct(host, rule), "{rule}");
        }
        for rule in [
            "",
            ",",
            ".",
            "lift.io",
            "io.example",
            "10.0.0.1",
            "x.example.app.spacelift.io",
        ] {
            assert!(!goes_direct(host, rule), "{rule}");
        }
        assert!(goes_direct("10.0.0.1", "10.0.0.1"));
        assert!(!goes_direct("10.0.0.1", "0.0.1"));
        assert!(goes_direct("[2001:db8::1]", "2001:db8::1"));
    }

    #[test]
    fn a_proxy_is_for_other_machines() {
        let environment = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
            pairs
                .iter()
                .map(|(name, value)| ((*name).into(), (*value).into()))
                .collect()
        };
        let far = Endpoint::parse("https://example.app.spacelift.io").unwrap();
        let near = Endpoint::parse("https://localhost:1").unwrap();
        let set = environment(&[("https_proxy", "http://user:hunter2@proxy.example.org:3128")]);
        assert_eq!(
            proxy(&far, &set).unwrap().unwrap().host(),
            "proxy.example.org"
        );
        assert!(proxy(&near, &set).unwrap().is_none());
        assert!(
            proxy(&far, &environment(&[("HTTP_PROXY", "http://p.org")]))
                .unwrap()
                .is_none()
        );
        for value in ["socks5://user:hunter2@p.org", "http://", "hunter2 hunter2"] {
            let error = proxy(&far, &environment(&[("ALL_PROXY", value)])).unwrap_err();
            assert!(error.to_string().starts_with("`ALL_PROXY` "), "{error}");
            assert!(!format!("{error:?}").contains("hunter2"));
        }
    }
}
