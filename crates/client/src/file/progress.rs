use std::sync::Arc;

use crate::platform::MaybeSendSync;

/// How far a transfer is. Reported after each part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// Bytes of plain text that are through.
    pub bytes: u64,
    /// Parts that are through.
    pub parts: u64,
    /// All parts, where that is known: not for a stream that is being uploaded.
    pub total_parts: Option<u64>,
}

impl Progress {
    /// From 0.0 to 1.0, where the number of parts is known.
    #[must_use]
    pub fn fraction(&self) -> Option<f64> {
        self.total_parts.map(|total| keyfold_crypto::file::progress(self.parts, total))
    }
}

/// Who wants to know.
#[derive(Clone, Default)]
pub(super) struct Listener(Option<Arc<dyn Report>>);

/// A supertrait of all targets' needs: trait objects cannot be `Fn + MaybeSendSync`.
trait Report: MaybeSendSync {
    fn report(&self, progress: Progress);
}

impl<F: Fn(Progress) + MaybeSendSync> Report for F {
    fn report(&self, progress: Progress) {
        self(progress);
    }
}

impl Listener {
    pub(super) fn new(report: impl Fn(Progress) + MaybeSendSync + 'static) -> Self {
        Self(Some(Arc::new(report)))
    }

    pub(super) fn report(&self, progress: Progress) {
        if let Some(listener) = &self.0 {
            listener.report(progress);
        }
    }
}
