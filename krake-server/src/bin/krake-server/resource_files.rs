//! Files with resources.

use std::io::Read;

use anyhow::{Context, bail};
use serde_json::Value;

/// A resource that somebody wrote down.
#[derive(Debug)]
pub(crate) struct Written {
    /// Where: `roles.yaml, document 3`.
    pub(crate) place: String,
    pub(crate) content: Value,
}

/// The YAML documents of all files, in their order; `-` is standard input.
pub(crate) fn read(files: &[String]) -> anyhow::Result<Vec<Written>> {
    let mut all = Vec::new();
    for file in files {
        let text = text(file)?;
        let documents: Vec<Value> =
            serde_saphyr::from_multiple(&text).with_context(|| format!("{file} is not YAML"))?;
        let documents = documents.into_iter().enumerate();
        let written =
            documents
                .filter(|(_, content)| !content.is_null())
                .map(|(index, content)| Written {
                    place: format!("{file}, document {}", index + 1),
                    content,
                });
        all.extend(written);
    }
    if all.is_empty() && !files.is_empty() {
        bail!("there are no resources in {}", files.join(", "));
    }
    Ok(all)
}

fn text(file: &str) -> anyhow::Result<String> {
    if file != "-" {
        return std::fs::read_to_string(file).with_context(|| format!("cannot read {file}"));
    }
    let mut text = String::new();
    std::io::stdin()
        .read_to_string(&mut text)
        .context("cannot read standard input")?;
    Ok(text)
}
