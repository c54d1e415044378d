// Pushes as Java's own client does by default, which asks for HTTP/2 with each request, and prints the statuses.
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;

public class Push {
    private static final HttpClient client = HttpClient.newHttpClient();
    private static int pushes = 0;

    public static void main(String[] arguments) throws Exception {
        URI push = URI.create(arguments[0]);
        byte[] large = new byte[17 << 20];
        for (int i = 0; i < 3; i++) System.out.println(send(to(push), next()));
        System.out.println(send(to(push).expectContinue(true), next()) + " when asked");
        System.out.println(send(to(push), large) + " of 17 MB");
        System.out.println(send(to(push), next()));
        System.out.println(send(to(URI.create(arguments[1])), large) + " of 17 MB");
        System.out.println(send(to(push), next()));
    }

    private static HttpRequest.Builder to(URI uri) {
        return HttpRequest.newBuilder(uri).header("Content-Type", "application/json");
    }

    private static byte[] next() {
        return ("push " + pushes++).getBytes();
    }

    private static int send(HttpRequest.Builder request, byte[] body) throws Exception {
        return client.send(request.POST(BodyPublishers.ofByteArray(body)).build(), BodyHandlers.ofString()).statusCode();
    }
}
