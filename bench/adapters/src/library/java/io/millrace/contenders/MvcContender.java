// SPDX-License-Identifier: Apache-2.0
package io.millrace.contenders;

import java.net.InetSocketAddress;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** Spring MVC with a controller that answers 13 bytes, on Tomcat, on Jetty, or on Jetty over Millrace. */
@Configuration(proxyBeanMethods = false)
@EnableAutoConfiguration
@RestController
public class MvcContender {
    private static final String TOMCAT =
            "org.springframework.boot.tomcat.autoconfigure.servlet.TomcatServletWebServerAutoConfiguration";
    private static final String JETTY =
            "org.springframework.boot.jetty.autoconfigure.servlet.JettyServletWebServerAutoConfiguration";
    private static final String MILLRACE = "io.millrace.spring.MillraceJettyAutoConfiguration";

    /** Answers. */
    @GetMapping(path = "/", produces = MediaType.TEXT_PLAIN_VALUE)
    public String hello() {
        return Contender.TEXT;
    }

    /** Starts the application on the server that {@code contender} names. */
    static void start(String contender, InetSocketAddress where) {
        String others = switch (contender) {
            case "mvc-tomcat" -> JETTY + "," + MILLRACE;
            case "mvc-jetty" -> TOMCAT + "," + MILLRACE;
            default -> TOMCAT;
        };
        new SpringApplicationBuilder(MvcContender.class)
                .web(WebApplicationType.SERVLET)
                .properties(
                        "server.address=" + where.getHostString(),
                        "server.port=" + where.getPort(),
                        "spring.main.banner-mode=off",
                        "spring.threads.virtual.enabled=true",
                        "logging.level.root=WARN",
                        "spring.autoconfigure.exclude=" + others)
                .run();
    }
}
