// SPDX-License-Identifier: Apache-2.0

/**
 * Spring Boot 4 on Millrace. WebFlux has a server of its own,
 * {@link io.millrace.spring.MillraceReactiveWebServerFactory}; Spring MVC runs on Jetty, whose connectors are replaced
 * by Millrace's.
 *
 * <pre>
 *   WebFlux   loop: request ──► ReactiveHandler ──► HttpHandler ──► MillraceServerHttpResponse ──► loop
 *   MVC       Jetty's server ──► JettyServerCustomizer ──► MillraceConnector
 * </pre>
 */
package io.millrace.spring;
