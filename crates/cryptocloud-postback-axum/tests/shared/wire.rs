//! A sender's end of a TCP connection.

use std::{io, net::SocketAddr};

use tokio::{io::AsyncReadExt, net::TcpStream};

pub(crate) async fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).await.expect("a connection");
    stream.set_nodelay(true).expect("an option");
    stream
}

/// Reads until the server closes the connection.
pub(crate) async fn response(stream: &mut TcpStream) -> io::Result<String> {
    let mut response = Vec::new();
    stream.read_to_end(&mut response).await?;
    Ok(String::from_utf8_lossy(&response).into_owned())
}
