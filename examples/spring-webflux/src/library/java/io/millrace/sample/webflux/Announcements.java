// SPDX-License-Identifier: Apache-2.0
package io.millrace.sample.webflux;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;

/** Sends what is posted to everybody who listens, as server-sent events. */
@SpringBootApplication
@RestController
public class Announcements {
    private final Sinks.Many<String> sink = Sinks.many().multicast().directBestEffort();

    /** Starts the program. */
    public static void main(String[] arguments) {
        SpringApplication.run(Announcements.class, arguments);
    }

    /** Listens; the first event says that it does. */
    @GetMapping(path = "/news", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
    Flux<String> listen() {
        return Flux.just("listening").concatWith(sink.asFlux());
    }

    /** Announces. Returns how many hear it. */
    @PostMapping("/news")
    int announce(@RequestBody String text) {
        sink.tryEmitNext(text);
        return sink.currentSubscriberCount();
    }
}
