use std::sync::Arc;

use roneo_client::handle::{JobId, NodeHandle};

/// Ends its job when dropped. Handlers hold one across their waits, and are dropped themselves when
/// their caller hangs up: nobody else would end what that caller began.
pub(crate) struct JobGuard {
    node: Arc<dyn NodeHandle>,
    job: JobId,
    armed: bool,
}

impl JobGuard {
    pub(crate) fn new(node: Arc<dyn NodeHandle>, job: JobId) -> Self {
        Self { node, job, armed: true }
    }

    /// Lets the job go on.
    pub(crate) fn release(mut self) {
        self.armed = false;
    }
}

impl Drop for JobGuard {
    fn drop(&mut self) {
        // Without a runtime the process is ending, and the job with it.
        let (true, Ok(runtime)) = (self.armed, tokio::runtime::Handle::try_current()) else { return };
        let (node, job) = (Arc::clone(&self.node), self.job);
        runtime.spawn(async move {
            // The job may have ended by itself: there is nothing left to end then.
            let _ = node.cancel(job).await;
        });
    }
}
