//! The kinds of Krake itself, ready to be registered.

mod binding;
mod deletion;

use krake_core::kubernetes::{Application, Cluster};

use crate::ServerBuilder;

impl ServerBuilder {
    /// Serves the kinds of the `kubernetes` API, with their subresources.
    pub fn kubernetes(self) -> Self {
        self.kind::<Application>()
            .kind::<Cluster>()
            .subresource("binding", binding::bind)
            .on_delete(deletion::ask_to_clean_up)
    }
}
