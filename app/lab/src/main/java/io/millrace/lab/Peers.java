// SPDX-License-Identifier: Apache-2.0
package io.millrace.lab;

import io.millrace.lab.Scenario.Service;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Servers that are not ours, to be measured beside. */
public final class Peers {
    private static final String NGINX = """
            %4$s
            daemon off;
            worker_processes 1;
            error_log stderr;
            pid %1$s/nginx.pid;
            events { worker_connections 19000; }
            http {
                access_log off;
                sendfile on;
                tcp_nopush on;
                keepalive_requests 1000000000;
                client_body_temp_path %1$s/body; proxy_temp_path %1$s/proxy; fastcgi_temp_path %1$s/fastcgi;
                uwsgi_temp_path %1$s/uwsgi; scgi_temp_path %1$s/scgi;
                server {
                    listen 127.0.0.1:%2$d%5$s backlog=4096;
                    location = / { default_type text/plain; return 200 "Hello, World!\\n"; }
                    location = /file { root %3$s; }
                }
            }
            """;

    private Peers() {}

    /**
     * nginx with one worker, from the path.
     *
     * @param files the folder that has the file to be served, named "file"
     */
    public static Contender nginx(Path files) {
        return new Contender(
                "nginx",
                "nginx, one worker: an event loop over epoll, in C",
                Map.of(
                        Service.PLAINTEXT,
                        "nginx, one worker, return 200",
                        Service.FILE,
                        "nginx, one worker, sendfile",
                        Service.HTTP2,
                        "nginx, one worker, return 200 over HTTP/2"),
                (service, port) -> List.of("nginx", "-c", nginxConfiguration(files, port, service)),
                Contender.Limit.NONE);
    }

    /** Started as root its worker would be another user, who may not read what is served. */
    private static String user() {
        return System.getProperty("user.name").equals("root") ? "user root;" : "";
    }

    private static String nginxConfiguration(Path files, int port, Service service) {
        try {
            Path folder = Files.createTempDirectory(files, "nginx");
            Path configuration = folder.resolve("nginx.conf");
            Files.writeString(
                    configuration,
                    NGINX.formatted(folder, port, files, user(), service == Service.HTTP2 ? " http2" : ""));
            return configuration.toString();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write nginx's configuration", e);
        }
    }

    /**
     * Any server, as {@code NAME=COMMAND} on the command line. {@code {port}} stands for the port on 127.0.0.1 that it
     * is to serve; words in single or double quotes stay together, and no shell is between.
     *
     * @param services what it can be asked for: HTTP at {@code /} and {@code /file}, or an echo
     * @throws IllegalArgumentException saying what is wrong
     */
    public static Contender custom(String text, Set<Service> services) {
        int equals = text.indexOf('=');
        if (equals < 1) {
            throw new IllegalArgumentException("'" + text + "' is not NAME=COMMAND");
        }
        if (!text.contains("{port}")) {
            throw new IllegalArgumentException("'" + text + "' does not say where {port} goes");
        }
        List<String> words = words(text.substring(equals + 1));
        String name = text.substring(0, equals);
        String command = String.join(" ", words);
        return new Contender(
                name,
                command,
                services.stream().collect(Collectors.toMap(service -> service, service -> command)),
                (service, port) -> words.stream()
                        .map(word -> word.replace("{port}", String.valueOf(port)))
                        .toList(),
                Contender.Limit.NONE);
    }

    static List<String> words(String command) {
        List<String> words = new ArrayList<>();
        StringBuilder word = new StringBuilder();
        char quote = 0;
        boolean begun = false;
        for (char c : command.toCharArray()) {
            if (quote != 0 ? c == quote : c == '\'' || c == '"') {
                quote = quote == 0 ? c : 0;
                begun = true;
            } else if (c == ' ' && quote == 0) {
                if (begun) {
                    words.add(word.toString());
                }
                word.setLength(0);
                begun = false;
            } else {
                word.append(c);
                begun = true;
            }
        }
        if (quote != 0) {
            throw new IllegalArgumentException("a quote is not closed in " + command);
        }
        if (begun) {
            words.add(word.toString());
        }
        return words;
    }
}
