//! The checkout as text, and Rust files with comments and string contents blanked, so that a word found is code.

use std::fs;
use std::path::{Path, PathBuf};

/// A text file; `path` is relative to the checkout and uses `/`.
pub struct File {
    pub path: String,
    pub text: String,
}

/// A Rust file, as written and as bare code with the same lines.
pub struct Source {
    pub path: String,
    text: String,
    code: String,
}

impl Source {
    /// `path:line: text` of each line whose code has one of `words` between characters that cannot continue a name.
    pub fn lines_with(&self, words: &[&str]) -> Vec<String> {
        self.matching(&self.code, |line| words.iter().any(|word| has_token(line, word)))
    }

    /// The same for text anywhere, comments included.
    pub fn raw_lines_with(&self, words: &[&str]) -> Vec<String> {
        self.matching(&self.text, |line| words.iter().any(|word| line.contains(word)))
    }

    pub fn line_count(&self) -> usize {
        self.text.lines().count()
    }

    fn matching(&self, text: &str, wanted: impl Fn(&str) -> bool) -> Vec<String> {
        let hits = text.lines().zip(self.text.lines()).enumerate().filter(|(_, (line, _))| wanted(line));
        hits.map(|(at, (_, shown))| format!("{}:{}: {}", self.path, at + 1, shown.trim())).collect()
    }
}

/// The folder with Cargo.lock.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("server/ lies in the checkout").to_owned()
}

pub fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every Rust file below `folders`, except what is built or installed.
pub fn sources(folders: &[&str]) -> Vec<Source> {
    let below = |path: &str| folders.iter().any(|folder| path.starts_with(&format!("{folder}/")));
    let found = files(&["rs"]).into_iter().filter(|file| below(&file.path));
    found.map(|File { path, text }| Source { code: bare(&text), path, text }).collect()
}

/// Every text file of the checkout with one of `extensions` (`""`: none).
pub fn files(extensions: &[&str]) -> Vec<File> {
    let mut found = Vec::new();
    collect(&root(), &mut found);
    found.sort();
    let wanted = |path: &PathBuf| extensions.contains(&path.extension().and_then(|it| it.to_str()).unwrap_or_default());
    let readable = found.into_iter().filter(wanted).filter_map(|path| Some((fs::read_to_string(&path).ok()?, path)));
    readable.map(|(text, path)| File { path: relative(&path), text }).collect()
}

/// Tests, and what only they call, own their time.
pub fn is_test(path: &str) -> bool {
    path.contains("/tests/") || path.contains("/testing/") || path.ends_with("/tests.rs") || path.ends_with("_tests.rs")
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    const NOT_OURS: [&str; 8] = [".git", "target", "node_modules", "dist", "var", "test-results", "playwright-report", "Cargo.lock"];
    for entry in fs::read_dir(folder).expect("the checkout is readable") {
        let path = entry.expect("the checkout is readable").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        match path.is_dir() {
            _ if NOT_OURS.contains(&name.as_str()) => {}
            true => collect(&path, found),
            false => found.push(path),
        }
    }
}

fn relative(path: &Path) -> String {
    path.strip_prefix(root()).expect("below the checkout").to_string_lossy().replace('\\', "/")
}

fn has_token(line: &str, word: &str) -> bool {
    let continues = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    let ends_open = continues(word.chars().last());
    line.match_indices(word).any(|(at, _)| {
        let after = line[at + word.len()..].chars().next();
        !(continues(line[..at].chars().last()) || ends_open && continues(after))
    })
}

/// `text` with comments and the contents of string and character literals replaced by spaces; line breaks stay.
fn bare(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < chars.len() {
        let end = literal_end(&chars, at);
        if end == at {
            out.push(chars[at]);
            at += 1;
        } else {
            out.extend(chars[at..end].iter().map(|c| if *c == '\n' { '\n' } else { ' ' }));
            at = end;
        }
    }
    out
}

/// Where the comment or literal that begins at `at` ends; `at` when none begins.
fn literal_end(chars: &[char], at: usize) -> usize {
    let next = |by: usize| chars.get(at + by).copied().unwrap_or('\0');
    match chars[at] {
        '/' if next(1) == '/' => chars[at..].iter().position(|c| *c == '\n').map_or(chars.len(), |n| at + n),
        '/' if next(1) == '*' => block_comment_end(chars, at),
        '"' => quoted_end(chars, at, '"'),
        'r' if !continues_a_name(chars, at) && (next(1) == '"' || next(1) == '#') => raw_end(chars, at),
        // A lifetime has no closing quote after one character or escape.
        '\'' if next(1) == '\\' => quoted_end(chars, at, '\''),
        '\'' if next(2) == '\'' => at + 3,
        _ => at,
    }
}

fn block_comment_end(chars: &[char], at: usize) -> usize {
    let (mut depth, mut here) = (0, at);
    while here < chars.len() {
        match (chars[here], chars.get(here + 1)) {
            ('/', Some('*')) => (depth, here) = (depth + 1, here + 2),
            ('*', Some('/')) => (depth, here) = (depth - 1, here + 2),
            _ => here += 1,
        }
        if depth == 0 {
            break;
        }
    }
    here
}

fn quoted_end(chars: &[char], at: usize, quote: char) -> usize {
    let mut here = at + 1;
    while here < chars.len() && chars[here] != quote {
        here += if chars[here] == '\\' { 2 } else { 1 };
    }
    (here + 1).min(chars.len())
}

fn raw_end(chars: &[char], at: usize) -> usize {
    let hashes = chars[at + 1..].iter().take_while(|c| **c == '#').count();
    if chars.get(at + 1 + hashes) != Some(&'"') {
        return at;
    }
    let mut here = at + 2 + hashes;
    while here < chars.len() {
        if chars[here] == '"' && chars[here + 1..].iter().take_while(|c| **c == '#').count() >= hashes {
            return here + 1 + hashes;
        }
        here += 1;
    }
    here
}

fn continues_a_name(chars: &[char], at: usize) -> bool {
    at > 0 && (chars[at - 1].is_alphanumeric() || chars[at - 1] == '_')
}

#[test]
fn comments_and_strings_are_not_code() {
    let code = bare("let a = \"sqlx::x \\\" y\"; // sqlx::y\nlet c = '\"'; /* a /* sqlx */ b */ r#\"sqlx\"# ; sqlx::z::<'static>()");
    assert_eq!(code.matches("sqlx").count(), 1);
    assert!(code.lines().nth(1).is_some_and(|line| line.contains("sqlx::z::<'static>()")));
}

#[test]
fn a_word_is_found_only_whole() {
    for (line, word, found) in [
        ("x: f64,", "f64", true),
        ("buf64", "f64", false),
        ("f64x2", "f64", false),
        ("sqlx::query", "sqlx", true),
        ("use sqlx;", "sqlx", true),
        ("my_sqlx", "sqlx", false),
        ("Utc::now()", "Utc::now", true),
        ("todo!()", "todo!", true),
        ("is_todo!()", "todo!", false),
    ] {
        assert_eq!(has_token(line, word), found, "{word} in {line}");
    }
}
