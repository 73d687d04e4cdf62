//! Users by tokens in a file.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use http::request::Parts;
use krake_core::Problem;

use super::token::{Token, TokenDigest};
use super::{AuthenticationError, Authenticator, User};
use crate::FileError;
use crate::files::{Contents, Reloading, Source};

/// Recognises senders by tokens that are listed in a file.
///
/// A line is `TOKEN,USER`; empty lines and those that begin with `#` say nothing. Requests carry their token as
/// `Authorization: Bearer TOKEN`, or without the scheme. Tokens are printable ASCII; they should be long and random.
///
/// The file may change while the server runs: requests a second later are judged by the new one. A file that cannot be used changes
/// nothing; the log tells once. Only hashes of the tokens are kept in memory. Clones share them.
#[derive(Clone)]
pub struct TokenFile(Reloading<List>);

/// The file.
struct List(PathBuf);

type Users = HashMap<TokenDigest, User>;

impl TokenFile {
    /// Reads the file at `path`.
    ///
    /// # Errors
    /// When the file cannot be read, or a line is wrong: the error names the line, but nothing of its text.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, FileError> {
        Reloading::open(List(path.into())).map(Self)
    }

    /// Reads the file again now, rather than at one of the next requests.
    ///
    /// # Errors
    /// As [`open`](Self::open); the tokens known before stay in use.
    ///
    /// # Cancel safety
    /// The file is read even if the future is dropped.
    pub async fn reload(&self) -> Result<(), FileError> {
        self.0.reload().await
    }
}

#[async_trait]
impl Authenticator for TokenFile {
    async fn authenticate(&self, request: &Parts) -> Result<Option<User>, AuthenticationError> {
        let refused = || AuthenticationError::Refused(Problem::new(401, "Unknown token."));
        let Some(token) = Token::of(&request.headers).map_err(|_| refused())? else {
            return Ok(None);
        };
        // Whoever measures how long this takes learns of hashes, not of tokens.
        let users = self.0.latest().await;
        users
            .get(&token.digest())
            .cloned()
            .map(Some)
            .ok_or_else(refused)
    }
}

impl fmt::Debug for TokenFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TokenFile")
            .field(&self.0.source().0)
            .finish()
    }
}

impl Source for List {
    type Made = Users;

    fn paths(&self) -> Vec<&Path> {
        vec![&self.0]
    }

    fn make(&self, files: &[Contents]) -> Result<Users, FileError> {
        let lines = files
            .iter()
            .flat_map(|file| file.bytes.split(|byte| *byte == b'\n'));
        let mut users = Users::new();
        for (number, line) in (1..).zip(lines) {
            let wrong = |reason| FileError::invalid(&self.0, format!("line {number}: {reason}"));
            let entry = entry(line).map_err(wrong)?;
            let is_twice = entry.is_some_and(|(token, user)| users.insert(token, user).is_some());
            if is_twice {
                return Err(wrong("the token stands in an earlier line, too"));
            }
        }
        Ok(users)
    }
}

/// The token and the user of a line.
fn entry(line: &[u8]) -> Result<Option<(TokenDigest, User)>, &'static str> {
    let line = std::str::from_utf8(line)
        .map_err(|_| "it is not UTF-8")?
        .trim();
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    let (token, user) = line.split_once(',').ok_or("write TOKEN,USER")?;
    let token = Token::new(token.trim_end()).map_err(|_| "the token is not printable ASCII")?;
    let user = user.trim_start();
    if user.is_empty() || user.contains(|letter: char| letter == ',' || letter.is_control()) {
        return Err("write one user after the comma, and nothing else");
    }
    Ok(Some((token.digest(), User::new(user))))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &[u8]) -> Result<Users, String> {
        let list = List("tokens".into());
        let contents = Contents { path: "tokens".into(), bytes: text.to_vec() };
        list.make(&[contents]).map_err(|error| error.to_string())
    }

    fn digest(token: &str) -> TokenDigest {
        Token::new(token).unwrap().digest()
    }

    #[test]
    fn each_line_is_a_token_and_its_user() {
        let users = read(b"# who\n\nabc,ann\r\n def , system:gc \nghi,ann").unwrap();
        assert_eq!(users.len(), 3);
        for (token, user) in [("abc", "ann"), ("def", "system:gc"), ("ghi", "ann")] {
            assert_eq!(users[&digest(token)].name(), user, "{token}");
        }
        assert!(read(b"").unwrap().is_empty());
    }

    #[test]
    fn a_bad_line_is_named_without_its_text() {
        let bad: [(&[u8], &str); 7] = [
            (b"secret", "write TOKEN,USER"),
            (b",ann", "the token is not printable ASCII"),
            (b"sec ret,ann", "the token is not printable ASCII"),
            (b"secret,", "write one user after the comma, and nothing else"),
            (b"secret,ann,1,group", "write one user after the comma, and nothing else"),
            (b"good,ann", "the token stands in an earlier line, too"),
            (b"\xff,ann", "it is not UTF-8"),
        ];
        for (line, reason) in bad {
            let text = [b"# tokens\ngood,ann\n", line, b"\nother,bob\n"].concat();
            assert_eq!(read(&text).unwrap_err(), format!("tokens: line 3: {reason}"));
        }
    }

    proptest! {
        #[test]
        fn whatever_is_written_is_read_again(
            lines in proptest::collection::btree_map("[!-+--~]{1,9}", "[a-z:]{1,9}", 0..9)
        ) {
            prop_assume!(lines.keys().all(|token| !token.starts_with('#')));
            let text: Vec<_> = lines.iter().map(|(token, user)| format!("{token},{user}")).collect();
            let users = read(text.join("\n").as_bytes()).unwrap();
            prop_assert_eq!(users.len(), lines.len());
            for (token, user) in &lines {
                prop_assert_eq!(users[&digest(token)].name(), user);
            }
        }

        #[test]
        fn no_text_is_too_much(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&bytes);
        }
    }
}
