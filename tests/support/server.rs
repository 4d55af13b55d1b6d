//! A server on loopback that can be stopped and started again on the same port: what the
//! targets and receivers of tests have in common.

use axum::Router;
use futures_util::future::BoxFuture;
use std::future::Future;
use std::net::SocketAddr;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

type Serve = dyn Fn(TcpListener) -> BoxFuture<'static, ()> + Send + Sync;

/// It stops when dropped.
pub struct Server {
    address: SocketAddr,
    serve: Box<Serve>,
    serving: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts one that does this with its connections, on a port of its own.
    pub async fn start<F>(serve: impl Fn(TcpListener) -> F + Send + Sync + 'static) -> Server
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let serve: Box<Serve> = Box::new(move |listener| Box::pin(serve(listener)));
        let serving = Some(tokio::spawn(serve(listener)));
        Server { address, serve, serving }
    }

    /// Starts one that answers so.
    pub async fn answering(router: Router) -> Server {
        Server::start(move |listener| {
            let router = router.clone();
            async move { axum::serve(listener, router).await.unwrap() }
        })
        .await
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops listening and ends what it does. The port stays its own.
    pub async fn stop(&mut self) {
        if let Some(serving) = self.serving.take() {
            serving.abort();
            let _ = serving.await;
        }
    }

    /// Listens again, on the same port.
    pub async fn restart(&mut self) {
        self.stop().await;
        let listener = TcpListener::bind(self.address).await.unwrap();
        self.serving = Some(tokio::spawn((self.serve)(listener)));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(serving) = self.serving.take() {
            serving.abort();
        }
    }
}
