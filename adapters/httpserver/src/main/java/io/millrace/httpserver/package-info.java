// SPDX-License-Identifier: Apache-2.0

/**
 * The JDK's API for HTTP servers, {@code com.sun.net.httpserver}, on Millrace's loops.
 *
 * <p>A program that calls {@link com.sun.net.httpserver.HttpServer#create()} gets this server when this module is on
 * its module path or class path. The JDK looks for providers with the system class loader only: where an application's
 * libraries have a class loader of their own, as in a fat jar of Spring Boot or in OSGi, the JDK's own server answers,
 * and {@link io.millrace.httpserver.HttpServers} creates this one.
 *
 * <p>Knows: contexts, filters and authenticators, executors, the two streams of an exchange, the properties of the
 * JDK's server. Does not know: sockets, wire formats.
 *
 * <p>Read in this order: {@code MillraceHttpServer}; {@code ExchangeHandler}, which a loop calls; {@code ExchangeTask},
 * which an executor runs; {@code ServerExchange} with {@code RequestInput}, {@code ResponseOutput} and
 * {@code RawStreams}.
 */
package io.millrace.httpserver;
