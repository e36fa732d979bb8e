// SPDX-License-Identifier: Apache-2.0

/**
 * HTTP/1.1 on the wire (RFC 9112), without I/O: a server's side as a protocol, a client's as a parser of responses.
 *
 * <p>Knows: how a head, a chunked body and an answer are spelled, how requests follow one another on a connection, how
 * long a client may take. Does not know: who answers, or what carries the bytes. Strict: what two readers could
 * understand in two ways is refused.
 *
 * <pre>
 *   Link ─► Http1Protocol ─► Http1Exchange ─► RequestParser ─► FieldParser ─► ByteScanner
 *             one each         one lent        │
 *           connection         a request       ├─► MessageFraming: what the head means
 *                                              ├─► ChunkedDecoder: the body
 *                                              └─► Exchange (http): the handler ─► Http1Answer ─► ResponseWriter ─► Link.out
 *
 *   ResponseParser ─► ResponseHeadParser ─► ByteScanner
 *       one each          ResponseFraming: what the head means
 *      connection         ChunkedDecoder: the body
 * </pre>
 *
 * <p>Read in this order: {@code Http1Factory}, {@code Http1Protocol}, {@code Http1Exchange}, {@code RequestParser},
 * {@code FieldParser}, {@code MessageFraming}, {@code ChunkedDecoder}, {@code Http1Answer}, {@code ResponseWriter},
 * {@code FieldLines}; for a client {@code ResponseParser}, {@code ResponseHeadParser}, {@code ResponseFraming}.
 */
@NullMarked
package io.millrace.http1;

import org.jspecify.annotations.NullMarked;
