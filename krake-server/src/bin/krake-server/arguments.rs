//! The command line.

use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, Parser};

use crate::config;
use crate::settings::{Etcd, Settings, Storage};

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
    #[command(flatten)]
    etcd: EtcdArguments,
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
            settings.storage = Storage::Embedded(directory);
        }
        if self.memory {
            settings.storage = Storage::Memory;
        }
        if let Some(etcd) = self.etcd.settings() {
            settings.storage = Storage::Etcd(etcd);
        }
        Ok(settings)
    }
}

#[derive(Debug, Args)]
struct EtcdArguments {
    /// Keep resources on an etcd cluster: the client URLs of its members
    #[arg(
        long,
        value_name = "URL,URL…",
        value_delimiter = ',',
        conflicts_with_all = ["data_dir", "memory"]
    )]
    etcd: Vec<String>,
    /// Authority that signed the certificates of the members, in PEM
    #[arg(long, value_name = "FILE", requires = "etcd")]
    etcd_ca: Option<PathBuf>,
    /// Certificate to show to the members, in PEM
    #[arg(long, value_name = "FILE", requires = "etcd_ca", requires = "etcd_key")]
    etcd_cert: Option<PathBuf>,
    /// Key of that certificate, in PEM
    #[arg(long, value_name = "FILE", requires = "etcd_cert")]
    etcd_key: Option<PathBuf>,
    /// User of etcd to authenticate as
    #[arg(long, value_name = "NAME", requires = "etcd", requires = "etcd_password_file")]
    etcd_user: Option<String>,
    /// File with the password of that user
    #[arg(long, value_name = "FILE", requires = "etcd_user")]
    etcd_password_file: Option<PathBuf>,
}

impl EtcdArguments {
    fn settings(self) -> Option<Etcd> {
        let is_given = !self.etcd.is_empty();
        is_given.then(|| Etcd {
            endpoints: self.etcd,
            ca: self.etcd_ca,
            identity: self.etcd_cert.zip(self.etcd_key),
            user: self.etcd_user.zip(self.etcd_password_file),
        })
    }
}
