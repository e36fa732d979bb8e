// SPDX-License-Identifier: Apache-2.0
package io.millrace.sample.mvc;

import jakarta.servlet.http.HttpSession;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.multipart.MultipartFile;

/** Takes files, and tells each visitor which ones were theirs. */
@SpringBootApplication
@RestController
public class Uploads {
    private static final String FILES = "files";

    /** Starts the program. */
    public static void main(String[] arguments) {
        SpringApplication.run(Uploads.class, arguments);
    }

    /** Takes a file. */
    @PostMapping("/files")
    Map<String, Object> take(@RequestParam("file") MultipartFile file, HttpSession session) throws IOException {
        List<String> mine = new ArrayList<>(mine(session));
        mine.add(file.getOriginalFilename());
        session.setAttribute(FILES, mine);
        return Map.of("name", file.getOriginalFilename(), "bytes", file.getBytes().length);
    }

    /** Tells which files the visitor has brought. */
    @GetMapping("/files")
    @SuppressWarnings("unchecked")
    List<String> mine(HttpSession session) {
        List<String> mine = (List<String>) session.getAttribute(FILES);
        return mine == null ? List.of() : mine;
    }
}
