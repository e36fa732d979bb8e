// SPDX-License-Identifier: Apache-2.0
package io.millrace.spring;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.actuate.autoconfigure.web.server.ConditionalOnManagementPort;
import org.springframework.boot.actuate.autoconfigure.web.server.ManagementContextFactory;
import org.springframework.boot.actuate.autoconfigure.web.server.ManagementPortType;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.web.server.reactive.ReactiveWebServerFactory;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Primary;

/** Puts the management port of a WebFlux application on Millrace, where the actuator has a port of its own. */
@AutoConfiguration
@ConditionalOnClass({ManagementContextFactory.class, ReactiveWebServerFactory.class})
@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.REACTIVE)
@ConditionalOnManagementPort(ManagementPortType.DIFFERENT)
public final class MillraceManagementAutoConfiguration {

    /** The server on the class path for other purposes brings one, too. */
    @Bean
    @Primary
    static ManagementContextFactory millraceReactiveChildContextFactory() {
        return new ManagementContextFactory(
                WebApplicationType.REACTIVE, ReactiveWebServerFactory.class, MillraceReactiveAutoConfiguration.class);
    }
}
