// SPDX-License-Identifier: Apache-2.0

/**
 * HTTP/2 on the wire (RFC 9113), without I/O: a server's side as a protocol.
 *
 * <p>Knows: how frames and header blocks (RFC 7541) are spelled, how streams share a connection, whose turn it is to
 * send (RFC 9218), what a client may cost. Does not know: who answers, or what carries the bytes. Strict: what a client
 * does wrong ends the stream or the connection, as the RFC says which, and what is only expensive ends it when there is
 * much of it.
 *
 * <pre>
 *   Link ─► Http2Protocol ─► FrameReader ─► InboundFrames ─► HeaderBlocks ─► HpackDecoder ─► RequestHead
 *             one each                          │                 one each: DynamicTable        lent a block
 *           connection                          ▼
 *                            OpenStreams ─► Http2Stream ─► Http2Exchange ─► Exchange (http): the handler
 *                            lent while        one lent        │
 *                            there are some    a request       └─► or StreamLink: a protocol in a tunnel (RFC 8441)
 *
 *   Http2Stream: StreamSender ─► StreamOutput; Scheduler ─► FrameOutput.pump ─► Link.out, Link.transfer
 *   answers:     FrameOutput ─► HeadWriter ─► HpackEncoder
 *   windows:     ConnectionWindow and each stream: ReceiveWindow; WindowTuner (how much may come in)
 *   limits:      Http2Limits, GlitchMeter (what abuse costs), ResetStreams; the end: Departure
 *   a loop has:  LoopState (what is shared), StreamPool (what is lent, to LentStreams of a connection)
 *   at rest:     IdleConnection (what a connection without streams keeps)
 * </pre>
 *
 * <p>Read in this order: {@code Http2Factory}, {@code Http2Protocol}, {@code FrameReader}, {@code InboundFrames},
 * {@code HeaderBlocks}, {@code RequestHead}, {@code Http2Stream}, {@code StreamSender}, {@code Http2Exchange},
 * {@code FrameOutput}, {@code Scheduler}; {@code HpackDecoder}, {@code HpackEncoder}, {@code Huffman};
 * {@code GlitchMeter}; {@code StreamLink}.
 */
package io.millrace.http2;
