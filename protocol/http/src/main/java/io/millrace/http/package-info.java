// SPDX-License-Identifier: Apache-2.0

/**
 * The meaning of HTTP (RFC 9110), whatever wire carries it.
 *
 * <p>Knows: what a {@link io.millrace.http.Handler handler} is given and may say, who answers which request and
 * {@linkplain io.millrace.http.Dispatch where}, how far an {@linkplain io.millrace.http.Exchange exchange} has come,
 * statuses, dates, fields, paths. {@link io.millrace.http.RequestWrapper} and {@link io.millrace.http.ResponseWrapper}
 * are for filters that change what is seen and sent. Does not know: how a request or an answer is written, sockets,
 * files as such. Starts no thread but the virtual one of a {@link io.millrace.http.Dispatch#VIRTUAL} exchange.
 *
 * <pre>
 *   handler:  Handler ◄─ Filter ◄─ Router (Dispatcher: finds the Route)
 *                │ Request, RequestBody, Response, ResponseStream
 *                │ Handles (GuardedRequest, GuardedResponse): valid for whom, how long
 *   between:  Exchange (ExchangeRequest, ExchangeBody, ExchangeResponse, ExchangeStream), ResponseState
 *                │ write…, begin, handle, drained
 *   wire:     http1, http2: a context for all connections (HttpContext), a pace for each request (RequestPace)
 * </pre>
 *
 * <p>Read in this order: {@code Handler}, {@code Request}, {@code Response}, {@code Dispatch}, {@code Dispatcher},
 * {@code Route}, {@code Router}, {@code RouteTree}; then {@code ResponseState}, {@code Exchange}, its four parts and
 * {@code Handles}; for a wire format of one's own {@code HttpContext} and {@code RequestPace}.
 */
@NullMarked
package io.millrace.http;

import org.jspecify.annotations.NullMarked;
