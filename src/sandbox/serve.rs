//! The sandbox on a socket: HTTP/1.1 with keep-alive, and connections that can
//! be cut at will.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::{
        ConnectInfo, State,
        connect_info::{Connected, IntoMakeServiceWithConnectInfo},
    },
    serve::{IncomingStream, Listener},
};
use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use http_body_util::channel::Channel;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
};

use super::{
    Sandbox, SandboxError,
    answer::{Answer, Delivery, NoAnswer},
    scim::Refusal,
};

/// Bodies are read to here, so that a client that sends too much hears so
/// before the connection closes; what is read beyond the limit is not used.
const MOST_READ: usize = 16 * 1024 * 1024;

/// Into how many pieces a slow body is cut.
const PIECES: usize = 10;

/// How long the first half of a cut body may take to leave.
const BEFORE_THE_CUT: Duration = Duration::from_millis(20);

impl Sandbox {
    /// The sandbox as an axum router; SCIM is below [`super::BASE_PATH`]. Cut connections
    /// show as such only under [`Sandbox::serve`] and [`Sandbox::call`]; here they
    /// are bodies that fail.
    pub fn router(&self) -> Router {
        Router::new().fallback(handle).with_state(self.clone())
    }

    /// Serves until `shutdown` is ready; requests under way are finished.
    ///
    /// # Errors
    /// When the system refuses to.
    pub async fn serve(
        self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), SandboxError> {
        let service: IntoMakeServiceWithConnectInfo<Router, Switch> =
            self.router().into_make_service_with_connect_info();
        axum::serve(Sockets(listener), service).with_graceful_shutdown(shutdown).await.map_err(SandboxError::Serve)
    }
}

async fn handle(State(sandbox): State<Sandbox>, request: Request<Body>) -> Response<Body> {
    let switch = request.extensions().get::<ConnectInfo<Switch>>().map(|info| info.0.clone());
    let (head, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, MOST_READ).await else {
        return Refusal::status(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large").response().map(Body::from);
    };
    match sandbox.answer(&Request::from_parts(head, body)).await {
        Ok(answer) => travelling(answer),
        Err(NoAnswer) => match switch {
            Some(switch) => {
                switch.cut();
                Response::new(Body::empty())
            }
            None => cut_body(Response::new(Bytes::new()), 0),
        },
    }
}

fn travelling(Answer { response, delivery }: Answer) -> Response<Body> {
    match delivery {
        Delivery::Whole => response.map(Body::from),
        Delivery::Slow(time) => slow_body(response, time),
        Delivery::CutAfter(bytes) => cut_body(response, bytes),
    }
}

fn slow_body(response: Response<Bytes>, time: Duration) -> Response<Body> {
    let (mut head, bytes) = response.into_parts();
    head.headers.insert(header::CONTENT_LENGTH, bytes.len().into());
    let (mut sender, body) = Channel::<Bytes, io::Error>::new(1);
    tokio::spawn(async move {
        let piece = bytes.len().div_ceil(PIECES).max(1);
        let pause = time / u32::try_from(bytes.len().div_ceil(piece).max(1)).unwrap_or(1);
        for start in (0..bytes.len()).step_by(piece) {
            tokio::time::sleep(pause).await;
            let end = (start + piece).min(bytes.len());
            if sender.send_data(bytes.slice(start..end)).await.is_err() {
                return;
            }
        }
    });
    Response::from_parts(head, Body::new(body))
}

fn cut_body(response: Response<Bytes>, length: usize) -> Response<Body> {
    let (mut head, bytes) = response.into_parts();
    head.headers.insert(header::CONTENT_LENGTH, bytes.len().max(1).into());
    let (mut sender, body) = Channel::<Bytes, io::Error>::new(1);
    tokio::spawn(async move {
        if sender.send_data(bytes.slice(..length)).await.is_ok() {
            tokio::time::sleep(BEFORE_THE_CUT).await;
            sender.abort(io::ErrorKind::ConnectionReset.into());
        }
    });
    Response::from_parts(head, Body::new(body))
}

/// A listener whose connections can be cut.
struct Sockets(TcpListener);

impl Listener for Sockets {
    type Io = Socket;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Socket, SocketAddr) {
        let (stream, address) = Listener::accept(&mut self.0).await;
        // Small answers must not wait for more; without it they are only slower.
        let _ = stream.set_nodelay(true);
        (Socket { stream, switch: Switch::default() }, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

/// Cuts a connection: what is written after it never leaves.
#[derive(Debug, Clone, Default)]
struct Switch(Arc<AtomicBool>);

impl Switch {
    fn cut(&self) {
        self.0.store(true, Ordering::Release);
    }

    fn is_cut(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

impl Connected<IncomingStream<'_, Sockets>> for Switch {
    fn connect_info(stream: IncomingStream<'_, Sockets>) -> Self {
        stream.io().switch.clone()
    }
}

/// A connection with its switch.
struct Socket {
    stream: TcpStream,
    switch: Switch,
}

impl Socket {
    fn check(&self) -> io::Result<()> {
        if self.switch.is_cut() {
            // The peer gets a reset instead of an orderly end; if the system
            // refuses that, it gets the end.
            let _ = self.stream.set_zero_linger();
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        Ok(())
    }
}

impl AsyncRead for Socket {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;
    use crate::sandbox::{FaultPlan, Options};

    /// The address of a sandbox that serves until the test ends.
    async fn serving(faults: &[&str]) -> (Sandbox, SocketAddr) {
        let faults = FaultPlan::parse(faults.iter().copied()).unwrap();
        let sandbox = Sandbox::open(Options { rate: None, faults, ..Options::default() }).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(sandbox.clone().serve(listener, std::future::pending()));
        (sandbox, address)
    }

    const LIST: &str = "GET /scim/Users HTTP/1.1\r\nhost: sandbox\r\nauthorization: Bearer x\r\n\r\n";

    /// Reads one whole answer: its head and its body.
    async fn answer(stream: &mut TcpStream) -> io::Result<(String, Vec<u8>)> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await?);
        }
        let head = String::from_utf8(head).unwrap().to_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
        stream.read_exact(&mut body).await?;
        Ok((head, body))
    }

    #[tokio::test]
    async fn connections_are_kept_alive() {
        let (sandbox, address) = serving(&[]).await;
        let mut stream = TcpStream::connect(address).await.unwrap();
        for _ in 0..3 {
            stream.write_all(LIST.as_bytes()).await.unwrap();
            let (head, body) = answer(&mut stream).await.unwrap();
            assert!(head.starts_with("http/1.1 200 ok"), "{head}");
            assert!(body.ends_with(b"\"Resources\":[]}"));
        }
        assert_eq!(sandbox.requests().total, 3);
    }

    #[tokio::test]
    async fn a_reset_shows_as_one_on_the_socket() {
        let (_, address) = serving(&["reset;nth=1", "lost;nth=2"]).await;
        for _ in 0..2 {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(LIST.as_bytes()).await.unwrap();
            let error = stream.read_u8().await.unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
        }
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(LIST.as_bytes()).await.unwrap();
        answer(&mut stream).await.unwrap();
    }

    #[tokio::test]
    async fn a_truncated_body_ends_early_and_a_slow_one_comes_whole() {
        let (_, address) = serving(&["truncated;nth=1", "slow=300ms;nth=2"]).await;
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(LIST.as_bytes()).await.unwrap();
        let mut all = Vec::new();
        // Either the end or a reset may come first; what matters is that half of the body came.
        let _ = stream.read_to_end(&mut all).await;
        let text = String::from_utf8(all).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let length: usize =
            head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap().parse().unwrap();
        assert_eq!(body.len(), length / 2);

        let mut stream = TcpStream::connect(address).await.unwrap();
        let start = std::time::Instant::now();
        stream.write_all(LIST.as_bytes()).await.unwrap();
        let (_, body) = answer(&mut stream).await.unwrap();
        assert!(start.elapsed() >= Duration::from_millis(300));
        serde_json::from_slice::<serde_json::Value>(&body).unwrap();
    }

    #[tokio::test]
    async fn too_large_a_body_is_heard_of_on_the_socket() {
        let (_, address) = serving(&[]).await;
        let mut stream = TcpStream::connect(address).await.unwrap();
        let body = vec![b' '; 3 * 1024 * 1024];
        let head = format!(
            "POST /scim/Users HTTP/1.1\r\nhost: s\r\ncontent-type: application/scim+json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(&body).await.unwrap();
        let (head, body) = answer(&mut stream).await.unwrap();
        assert!(head.starts_with("http/1.1 413"), "{head}");
        assert!(String::from_utf8(body).unwrap().contains("\"status\":\"413\""));
    }

    #[tokio::test]
    async fn what_is_not_http_does_not_stop_it() {
        let (_, address) = serving(&[]).await;
        for noise in [&b"\x16\x03\x01\x02\x00\x01"[..], b"GET\r\n\r\n", b"\0\0\0\0\r\n\r\n", b""] {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(noise).await.unwrap();
            stream.shutdown().await.unwrap();
            let _ = stream.read_to_end(&mut Vec::new()).await;
        }
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(LIST.as_bytes()).await.unwrap();
        answer(&mut stream).await.unwrap();
    }

    #[tokio::test]
    async fn it_ends_when_it_is_told_to_although_a_connection_is_idle() {
        let sandbox = Sandbox::open(Options::default()).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (end, ended) = tokio::sync::oneshot::channel::<()>();
        let serving = tokio::spawn(sandbox.serve(listener, async {
            let _ = ended.await;
        }));
        stream.write_all(LIST.as_bytes()).await.unwrap();
        answer(&mut stream).await.unwrap();
        end.send(()).unwrap();
        tokio::time::timeout(Duration::from_secs(5), serving).await.unwrap().unwrap().unwrap();
    }

    #[tokio::test]
    async fn the_router_alone_answers_too() {
        use tower::ServiceExt;
        let sandbox =
            Sandbox::open(Options { faults: FaultPlan::parse(["reset;nth=2"]).unwrap(), ..Options::default() });
        let router = sandbox.unwrap().router();
        let request = || Request::get("/scim/Users").body(Body::empty()).unwrap();
        assert_eq!(router.clone().oneshot(request()).await.unwrap().status(), 200);
        let cut = router.oneshot(request()).await.unwrap();
        assert!(axum::body::to_bytes(cut.into_body(), 100).await.is_err());
    }
}
