package kengine;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.kestra.core.serializers.JacksonMapper;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * kengine validate FILE...   check flows as a Kestra server would; exit 1 when one is refused
 * kengine serve              answer requests, one JSON document a line on stdin, one a line on stdout:
 *   {"command": "validate", "flows": {NAME: YAML, ...}}
 *   {"command": "run", "flow": YAML, "before": [YAML, ...], "inputs": {}, "trigger": ID,
 *    "webhook": {"key": TEXT, "body": TEXT, "headers": {}, "query": TEXT}, "timeout": SECONDS, "follow": N}
 */
public final class Main {
    static final String TENANT = "main";
    static final ObjectMapper JSON = JacksonMapper.ofJson();

    private Main() { }

    /** What serves the "run" requests; absent from builds that only validate. */
    interface Runs extends AutoCloseable {
        Map<String, Object> run(JsonNode request) throws Exception;
    }

    public static void main(String[] args) {
        PrintStream answers = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        System.setOut(System.err); // whatever the engine prints is no answer
        int rc = 2;
        try {
            if (args.length >= 2 && args[0].equals("validate")) {
                rc = validate(List.of(args).subList(1, args.length), answers);
            } else if (args.length == 1 && args[0].equals("serve")) {
                rc = serve(answers);
            } else {
                System.err.println("usage: kengine validate FILE... | kengine serve");
            }
        } catch (Throwable e) {
            e.printStackTrace();
        }
        System.err.flush();
        answers.flush();
        Runtime.getRuntime().halt(rc); // the engine keeps non-daemon threads
    }

    private static int validate(List<String> files, PrintStream answers) throws Exception {
        try (Validator validator = new Validator()) {
            int rc = 0;
            for (String file : files) {
                Map<String, Object> verdict = validator.validate(Files.readString(Path.of(file)));
                answers.println(file + ": " + (verdict.get("error") == null ? "ok" : verdict.get("error")));
                ((List<?>) verdict.get("warnings")).forEach(warning -> answers.println(file + ": warning: " + warning));
                rc = verdict.get("error") == null ? rc : 1;
            }
            return rc;
        }
    }

    private static int serve(PrintStream answers) throws Exception {
        Validator validator = null;
        Runs runner = null;
        BufferedReader requests = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = requests.readLine(); line != null; line = requests.readLine()) {
            JsonNode request = JSON.readTree(line);
            Map<String, Object> answer = new LinkedHashMap<>();
            try {
                switch (request.path("command").asText()) {
                    case "validate" -> {
                        validator = validator == null ? new Validator() : validator;
                        for (Map.Entry<String, JsonNode> flow : request.path("flows").properties()) {
                            answer.put(flow.getKey(), validator.validate(flow.getValue().asText()));
                        }
                    }
                    case "run" -> {
                        if (runner == null) {
                            runner = (Runs) Class.forName("kengine.Runner").getDeclaredConstructor().newInstance();
                        }
                        answer = runner.run(request);
                    }
                    default -> throw new IllegalArgumentException("unknown command in " + line);
                }
            } catch (Exception e) {
                e.printStackTrace();
                answer = Map.of("failure", e.toString());
            }
            answers.println(JSON.writeValueAsString(answer));
        }
        if (runner != null) {
            runner.close();
        }
        return 0;
    }
}
