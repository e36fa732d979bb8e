// SPDX-License-Identifier: Apache-2.0
package io.millrace.spring;

import io.millrace.web.WebServer;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.cloud.CloudPlatform;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.boot.web.server.autoconfigure.ServerProperties;
import org.springframework.boot.web.server.autoconfigure.reactive.ReactiveWebServerConfiguration;
import org.springframework.boot.web.server.reactive.ReactiveWebServerFactory;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.core.env.Environment;
import org.springframework.http.ReactiveHttpInputMessage;
import org.springframework.web.reactive.config.WebFluxConfigurer;
import org.springframework.web.reactive.socket.server.WebSocketService;
import org.springframework.web.reactive.socket.server.support.HandshakeWebSocketService;

/** Puts WebFlux on Millrace, also where another server is on the class path. */
@AutoConfiguration(
        beforeName = {
            "org.springframework.boot.reactor.netty.autoconfigure.NettyReactiveWebServerAutoConfiguration",
            "org.springframework.boot.jetty.autoconfigure.reactive.JettyReactiveWebServerAutoConfiguration",
            "org.springframework.boot.tomcat.autoconfigure.reactive.TomcatReactiveWebServerAutoConfiguration",
            "org.springframework.boot.webflux.autoconfigure.WebFluxAutoConfiguration"
        })
@ConditionalOnClass({ReactiveHttpInputMessage.class, WebServer.class, ReactiveWebServerConfiguration.class})
@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.REACTIVE)
@Import(ReactiveWebServerConfiguration.class)
public final class MillraceReactiveAutoConfiguration {

    @Bean
    @ConditionalOnMissingBean(ReactiveWebServerFactory.class)
    MillraceReactiveWebServerFactory millraceReactiveWebServerFactory(
            ObjectProvider<MillraceServerCustomizer> customizers) {
        MillraceReactiveWebServerFactory factory = new MillraceReactiveWebServerFactory();
        factory.addCustomizers(customizers.orderedStream().toList());
        return factory;
    }

    @Bean
    WebServerFactoryCustomizer<MillraceReactiveWebServerFactory> millraceFactoryCustomizer(
            Environment environment, ServerProperties properties) {
        return factory -> {
            factory.setUseForwardHeaders(useForwardHeaders(environment, properties));
            factory.setMaxHead((int) properties.getMaxHttpRequestHeaderSize().toBytes());
        };
    }

    private static boolean useForwardHeaders(Environment environment, ServerProperties properties) {
        if (properties.getForwardHeadersStrategy() == null) {
            CloudPlatform platform = CloudPlatform.getActive(environment);
            return platform != null && platform.isUsingForwardHeaders();
        }
        return properties.getForwardHeadersStrategy() == ServerProperties.ForwardHeadersStrategy.NATIVE;
    }

    /** Spring knows the servers that it has adapters for; others bring their own. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass({WebSocketService.class, WebFluxConfigurer.class})
    @ConditionalOnMissingBean(WebSocketService.class)
    static class WebSocketConfiguration {

        @Bean
        WebFluxConfigurer millraceWebSockets() {
            return new WebFluxConfigurer() {
                @Override
                public WebSocketService getWebSocketService() {
                    return new HandshakeWebSocketService(new MillraceRequestUpgradeStrategy());
                }
            };
        }
    }
}
