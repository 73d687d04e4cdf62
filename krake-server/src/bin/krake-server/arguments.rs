//! The command line.

use std::path::PathBuf;

use anyhow::Context;
use clap::Parser;

use crate::config;
use crate::settings::Settings;

/// The API server of Krake.
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) struct Arguments {
    /// Address to listen on; port 0 takes a free one [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// Directory to keep resources in; it is created when missing [default: ./krake-data]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Keep resources in memory only: they are lost at the end
    #[arg(long, conflicts_with = "data_dir")]
    memory: bool,
    /// Read settings from a YAML file; options given here come first
    #[arg(short, long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl Arguments {
    /// The settings of this run: options first, then the file, then the defaults.
    pub(crate) fn settings(self) -> anyhow::Result<Settings> {
        let mut settings = Settings::default();
        if let Some(path) = &self.config {
            let text = std::fs::read_to_string(path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            config::apply(&text, &mut settings)
                .with_context(|| format!("{} is not valid", path.display()))?;
        }
        if let Some(address) = self.listen {
            settings.listen = address;
        }
        if let Some(directory) = self.data_dir {
            settings.data_dir = directory;
            settings.memory = false;
        }
        settings.memory |= self.memory;
        Ok(settings)
    }
}
