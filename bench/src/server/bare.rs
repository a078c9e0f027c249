//! hyper with nothing around it, as the machine's own limit.

use std::convert::Infallible;
use std::io::{Read, Write};
use std::net::SocketAddr;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

/// Answer every request with the bytes of the standard input. The address is written to the standard output.
pub fn serve() {
    let mut answer = Vec::new();
    std::io::stdin().read_to_end(&mut answer).expect("the answer");
    let answer = Bytes::from(answer);
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("threads");
    runtime.block_on(async move {
        let listener =
            TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.expect("binds");
        println!("{}", listener.local_addr().expect("an address"));
        std::io::stdout().flush().expect("writes");
        loop {
            let (stream, _) = listener.accept().await.expect("accepts");
            stream.set_nodelay(true).expect("sets");
            let answer = answer.clone();
            tokio::spawn(async move {
                let service = service_fn(move |request| respond(request, answer.clone()));
                let connection = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service);
                // A client that goes away ends its connection.
                let _ = connection.await;
            });
        }
    });
}

async fn respond(
    request: Request<Incoming>,
    answer: Bytes,
) -> Result<Response<Full<Bytes>>, Infallible> {
    // A body is read whole, as by a server that looks at it.
    let _ = request.into_body().collect().await;
    let response = Response::builder().header("content-type", "application/json");
    Ok(response.body(Full::new(answer)).expect("a response"))
}
