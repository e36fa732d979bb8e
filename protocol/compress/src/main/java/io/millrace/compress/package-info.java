// SPDX-License-Identifier: Apache-2.0

/**
 * Content codings of HTTP on the fly (RFC 9110 sections 8.4 and 12.5.3), over any wire format. {@link Compression} says
 * what is compressed and how; its filter stands before handlers.
 *
 * <pre>
 *   Accept-Encoding ─► CompressionFilter ─► handler ─► EncodedResponse ─► Response
 *                                                          │   EncodedStream ─► ResponseStream
 *                                                          ▼
 *                                    ContentCoding: gzip by the JDK, others as given
 *
 *   Content-Encoding ─► 415, or DecodedRequest ─► DecodedBody ─► handler
 * </pre>
 */
@NullMarked
package io.millrace.compress;

import org.jspecify.annotations.NullMarked;
