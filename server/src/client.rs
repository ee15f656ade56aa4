//! What the browser receives, as Trunk built it: read once at start, compressed beside each file, cached for ever by name.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use app::mobile::Bundle;
use app::pay::Assets;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::Deserialize;

/// Built files under their public paths.
#[derive(Clone, Default)]
pub struct Client {
    /// Names of the mobile bundle's parts.
    pub mobile: Bundle,
    /// The administrator's style sheets, in their order.
    pub admin_css: Vec<String>,
    /// The script that keeps the administrator's overview alive.
    pub admin_js: Option<String>,
    files: Arc<BTreeMap<String, File>>,
}

struct File {
    kind: &'static str,
    is_hashed: bool,
    plain: Bytes,
    br: Option<Bytes>,
    gz: Option<Bytes>,
}

/// Why the built files cannot be served.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {why}; build them with `make client`")]
pub struct ClientError {
    path: String,
    why: String,
}

/// What the build writes about its output (`assets.json`).
#[derive(Deserialize)]
struct Listed {
    js: Option<String>,
    wasm: Option<String>,
    css: Option<String>,
    scripts: Vec<String>,
    files: BTreeMap<String, ListedFile>,
}

#[derive(Deserialize)]
struct ListedFile {
    hashed: bool,
}

impl Client {
    /// Reads the folder that holds `pay/`, `mobile/` and `admin/`: the bundle, and style and script of the other pages. Clips in
    /// `voice` replace the built-in ones.
    ///
    /// # Errors
    /// [`ClientError`] names the first file that is missing.
    pub fn read(folder: &Path, voice: Option<&Path>) -> Result<(Client, Assets), ClientError> {
        let pay = listed(&folder.join("pay"))?;
        let text = |name: &String| read(&folder.join("pay").join(name)).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        let css = pay.css.iter().map(text).collect::<Result<String, ClientError>>()?;
        let scripts = pay.scripts.iter().map(|name| Ok((name.clone(), text(name)?))).collect::<Result<Vec<_>, ClientError>>()?;
        let assets = Assets::new(&css, scripts);
        let mobile = listed(&folder.join("mobile"))?;
        let path = |name: &Option<String>| name.as_ref().map(|name| format!("/pkg/mobile/{name}")).unwrap_or_default();
        let css = mobile.css.iter().map(|name| format!("/pkg/mobile/{name}")).collect();
        let bundle = Bundle { css, js: path(&mobile.js), wasm: path(&mobile.wasm) };
        let mut files = BTreeMap::new();
        for (name, about) in &mobile.files {
            let public = if name.starts_with("voice/") { format!("/{name}") } else { format!("/pkg/mobile/{name}") };
            files.insert(public, File::read(&folder.join("mobile"), name, about.hashed)?);
        }
        let admin = listed(&folder.join("admin"))?;
        let path = |name: &String| format!("/pkg/admin/{name}");
        let (admin_css, admin_js) = (admin.css.iter().map(path).collect(), admin.scripts.first().map(path));
        for name in admin.css.iter().chain(&admin.scripts) {
            let is_hashed = admin.files.get(name).is_some_and(|about| about.hashed);
            files.insert(path(name), File::read(&folder.join("admin"), name, is_hashed)?);
        }
        if let Some(voice) = voice {
            replace_voice(&mut files, voice)?;
        }
        Ok((Client { mobile: bundle, admin_css, admin_js, files: Arc::new(files) }, assets))
    }

    /// Where the built files lie when no setting says: beside the checkout that is run from, or beside the program.
    pub fn default_folder() -> PathBuf {
        let here = PathBuf::from("app/dist");
        if here.is_dir() {
            return here;
        }
        let beside = std::env::current_exe().ok().and_then(|program| Some(program.parent()?.join("client")));
        beside.filter(|folder| folder.is_dir()).unwrap_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../app/dist")))
    }

    /// The text of a built file.
    pub fn text(&self, path: &str) -> Option<String> {
        self.files.get(path).map(|file| String::from_utf8_lossy(&file.plain).into_owned())
    }

    /// The file at a public path, compressed as the browser accepts it.
    pub fn serve(&self, path: &str, headers: &HeaderMap) -> Response {
        let Some(file) = self.files.get(path) else { return StatusCode::NOT_FOUND.into_response() };
        let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|line| line.to_str().ok()).unwrap_or_default();
        let (bytes, encoding) = match (&file.br, &file.gz) {
            (Some(br), _) if accepted.contains("br") => (br, Some("br")),
            (_, Some(gz)) if accepted.contains("gzip") => (gz, Some("gzip")),
            _ => (&file.plain, None),
        };
        let caching = if file.is_hashed { "public, max-age=31536000, immutable" } else { "public, max-age=3600" };
        let mut response = Response::new(Body::from(bytes.clone()));
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(file.kind));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        if let Some(encoding) = encoding {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        response
    }
}

impl File {
    fn read(folder: &Path, name: &str, is_hashed: bool) -> Result<File, ClientError> {
        let path = folder.join(name);
        let beside = |ending: &str| std::fs::read(format!("{}{ending}", path.display())).ok().map(Bytes::from);
        Ok(File { kind: kind(name), is_hashed, plain: read(&path)?.into(), br: beside(".br"), gz: beside(".gz") })
    }
}

/// A folder laid out like the built-in one (`zh/1.mp3`, `en/one.mp3`) replaces clip by clip.
fn replace_voice(files: &mut BTreeMap<String, File>, folder: &Path) -> Result<(), ClientError> {
    for language in ["zh", "en"] {
        let Ok(entries) = std::fs::read_dir(folder.join(language)) else { continue };
        for entry in entries.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            files.insert(format!("/voice/{language}/{name}"), File::read(&folder.join(language), &name, false)?);
        }
    }
    Ok(())
}

fn listed(folder: &Path) -> Result<Listed, ClientError> {
    let path = folder.join("assets.json");
    serde_json::from_slice(&read(&path)?).map_err(|error| ClientError { path: path.display().to_string(), why: error.to_string() })
}

fn read(path: &Path) -> Result<Vec<u8>, ClientError> {
    std::fs::read(path).map_err(|error| ClientError { path: path.display().to_string(), why: error.to_string() })
}

fn kind(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "json" | "webmanifest" => "application/json",
        "mp3" => "audio/mpeg",
        "wav" => "audio/wav",
        "m4a" => "audio/mp4",
        "png" => "image/png",
        "svg" => "image/svg+xml",
        "html" => "text/html; charset=utf-8",
        _ => "application/octet-stream",
    }
}
