// SPDX-License-Identifier: Apache-2.0
package io.millrace.fuzz;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.invoke.MethodHandle;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Reads every input that was ever of interest once more. */
class CorpusTest {
    static Stream<String> targets() {
        return Corpus.TARGETS.stream();
    }

    @ParameterizedTest
    @MethodSource("targets")
    void everyKeptInputIsReadRightly(String target) throws Throwable {
        Corpus corpus = Corpus.of(target);
        MethodHandle reader = corpus.reader();
        List<byte[]> inputs = corpus.inputs();
        assertTrue(inputs.size() > 10, "the corpus of " + target + " has only " + inputs.size() + " inputs");
        for (byte[] input : inputs) {
            try {
                reader.invoke(input);
            } catch (Throwable e) {
                throw new AssertionError(target + " with " + Base64.getEncoder().encodeToString(input), e);
            }
        }
    }
}
