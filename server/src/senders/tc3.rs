//! How requests to Tencent Cloud are signed: TC3-HMAC-SHA256, "signature method v3" of its API 3.0.

use aws_lc_rs::{digest, hmac};
use domain::Millis;

use crate::channels::secret::Secret;
use crate::hex::hex;

/// The scheme, as it opens the `Authorization` header and the text that is signed.
const SCHEME: &str = "TC3-HMAC-SHA256";

/// Hours by which days in Shanghai begin before days in Greenwich, by which requests are dated.
const SHANGHAI_MS: i64 = 8 * 3_600_000;

/// A `POST` to the root of a service.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// The service, e.g. `sms`.
    pub service: &'a str,
    /// The headers that are signed, by their names in small letters and in the order of the alphabet; `content-type` and `host` must
    /// be among them.
    pub headers: &'a [(&'a str, &'a str)],
    /// The body as it is sent.
    pub body: &'a [u8],
    /// When it is sent; also the value of `X-TC-Timestamp`, in seconds.
    pub at: Millis,
}

impl Call<'_> {
    /// The `Authorization` header.
    pub fn authorization(&self, secret_id: &str, secret_key: &Secret) -> String {
        let (date, scope) = (self.date(), self.scope());
        let names = self.names();
        let to_sign = format!("{SCHEME}\n{}\n{scope}\n{}", self.timestamp_s(), hashed(self.canonical(&names).as_bytes()));
        let seed = [b"TC3", secret_key.reveal()].concat();
        let key = [date.as_str(), self.service, "tc3_request"].iter().fold(seed, |key, part| keyed(&key, part));
        let signature = hex(&keyed(&key, &to_sign));
        format!("{SCHEME} Credential={secret_id}/{scope}, SignedHeaders={names}, Signature={signature}")
    }

    /// The value of `X-TC-Timestamp`.
    pub const fn timestamp_s(&self) -> i64 {
        self.at.get().div_euclid(1000)
    }

    fn date(&self) -> String {
        self.at.plus_ms(-SHANGHAI_MS).day().to_string()
    }

    fn scope(&self) -> String {
        format!("{}/{}/tc3_request", self.date(), self.service)
    }

    fn names(&self) -> String {
        self.headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";")
    }

    fn canonical(&self, names: &str) -> String {
        let headers: String = self.headers.iter().map(|(name, value)| format!("{name}:{}\n", value.trim().to_lowercase())).collect();
        format!("POST\n/\n\n{headers}\n{names}\n{}", hashed(self.body))
    }
}

fn hashed(bytes: &[u8]) -> String {
    hex(digest::digest(&digest::SHA256, bytes).as_ref())
}

fn keyed(key: &[u8], text: &str) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes()).as_ref().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The worked example of Tencent Cloud's description of the signature.
    #[test]
    fn the_example_of_the_description_is_signed_as_it_stands_there() {
        let call = Call {
            service: "cvm",
            headers: &[("content-type", "application/json; charset=utf-8"), ("host", "cvm.tencentcloudapi.com")],
            body: br#"{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}"#,
            at: Millis::of(1_551_113_065_000),
        };
        let names = call.names();
        assert_eq!(hashed(call.body), "35e9c5b0e3ae67532d3c9f17ead6c90222632e5b1ff7f6e89887f1398934f064");
        assert_eq!(hashed(call.canonical(&names).as_bytes()), "5ffe6a04c0664d6b969fab9a13bdab201d63ee709638e2749d62a09ca18d7031");
        assert_eq!(
            call.authorization("AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE", &Secret::of("Gu5t9xGARNpq86cd98joQYCN3EXAMPLE")),
            "TC3-HMAC-SHA256 Credential=AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE/2019-02-25/cvm/tc3_request, SignedHeaders=content-type;host, \
             Signature=72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168"
        );
    }

    #[test]
    fn a_request_is_dated_by_the_day_in_greenwich() {
        let at = |text| Millis::parse_rfc3339(text).unwrap();
        let table = [
            ("2026-11-22T07:59:59+08:00", "2026-11-21"),
            ("2026-11-22T08:00:00+08:00", "2026-11-22"),
            ("2026-11-23T07:59:59+08:00", "2026-11-22"),
        ];
        for (text, expected) in table {
            assert_eq!(Call { service: "sms", headers: &[], body: b"", at: at(text) }.date(), expected, "{text}");
        }
    }
}
