# Every sentence of the pages, in French. The build sets the spaces before : ; ? ! % and inside « »,
# and the apostrophes: type plain ones. docs/guides/pages.md says how a message becomes a method.

## Names

own-name = français
skip = Aller au texte
nav = Sommaire
nav-home = Accueil
nav-insert = Déposer
nav-transfers = Transferts
nav-node = Nœud
nav-help = Aide

## Around every page

masthead-alone = Seul pour l'instant
masthead-silent = Le nœud ne répond pas
masthead-network = { $nodes ->
    [one] { NUMBER($nodes) } nœud présent
   *[other] { NUMBER($nodes) } nœuds présents
}{ $jobs ->
    [0] {""}
    [one] , { NUMBER($jobs) } objet en route
   *[other] , { NUMBER($jobs) } objets en route
}
imprint-screen = Composé sur cet ordinateur, pour vous.
imprint-paper = Imprimé par nos soins.
imprint-street = Ne pas jeter sur la voie publique.
foot-html = Roneo n'a été audité par personne : <a href="/help/protection">ce qu'il protège, ce qu'il ne protège pas</a>.
foot-display = Affichage

## Numbers and time

seconds = { $n ->
    [one] { NUMBER($n) } seconde
   *[other] { NUMBER($n) } secondes
}
minutes = { $n ->
    [one] { NUMBER($n) } minute
   *[other] { NUMBER($n) } minutes
}
hours = { $n ->
    [one] { NUMBER($n) } heure
   *[other] { NUMBER($n) } heures
}
days = { $n ->
    [one] { NUMBER($n) } jour
   *[other] { NUMBER($n) } jours
}
weekday = { $day ->
    [0] lundi
    [1] mardi
    [2] mercredi
    [3] jeudi
    [4] vendredi
    [5] samedi
   *[other] dimanche
}
month = { $month ->
    [1] janvier
    [2] février
    [3] mars
    [4] avril
    [5] mai
    [6] juin
    [7] juillet
    [8] août
    [9] septembre
    [10] octobre
    [11] novembre
   *[other] décembre
}
date-words = { $weekday } { $day }{"\u00A0"}{ $month } { $year }
time-words = { $hour }{"\u00A0"}h{"\u00A0"}{ $minute }
moments-ago = à l'instant
minutes-ago = il y a { NUMBER($n) } min, à { $time }
today-at = aujourd'hui à { $time }
on-date = { $date }, à { $time }

## Home

home-count-html = { $n ->
    [one] nœud<br> présent
   *[other] nœuds<br> présents
}
home-silent-html = le nœud<br> se tait
home-open = Ouvrir un lien
home-link = Lien
home-link-hint = Il commence par CHK@, SSK@, USK@ ou KSK@.
home-go = Ouvrir
home-lede = Roneo lit et garde, avec d'autres ordinateurs, des fichiers chiffrés que personne n'héberge seul. Le vôtre prête un peu de disque, sans pouvoir lire ce qu'il garde.

## Display

display-title = Affichage
display-lede = Ces choix valent pour cet ordinateur, tant que Roneo tourne.
display-language = Langue
display-language-auto = Celle du navigateur
display-theme = Couleurs
display-theme-system = Comme le système
display-theme-system-text = Clair le jour, sombre la nuit, si votre système le fait.
display-theme-light = Papier
display-theme-light-text = Encre violette sur papier.
display-theme-dark = Carbone
display-theme-dark-text = Pour lire la nuit.
display-theme-contrast = Contraste
display-theme-contrast-text = Noir sur blanc, traits pleins.
display-keep = Appliquer

## When something goes wrong: titles

error-number = Erreur { $number }
for-helpers = Pour qui vous aide :
stamp-not-found = Introuvable
stamp-not-yet = Pas encore
stamp-damaged = Abîmé
stamp-refused = Refusé
no-such-page-title = Il n'y a pas de page ici
no-such-page = Aucune page n'a cette adresse, et ce n'est pas un lien Roneo : un lien commence par CHK@, SSK@, USK@ ou KSK@. Rien n'a changé.
method-title = Cette page se lit seulement
method = On a voulu y écrire, et elle n'écrit rien. Rien n'a changé : ouvrez son adresse dans un navigateur.
elsewhere-title = Ce formulaire vient d'ailleurs
elsewhere = Une autre page a voulu agir à votre place, ou votre navigateur cache d'où vient le formulaire. Rien n'a changé.
form-title = Ce formulaire est incomplet
form = Il manque une partie de ce que cette page demande. Rien n'a changé.
form-too-long = C'est trop long pour ce formulaire. Rien n'a changé.
newer-title = Roneo est trop ancien
newer = Ceci a été fait par un Roneo plus récent que le vôtre. Vos fichiers et vos clés restent.
link-title = Ce lien ne s'ouvre pas
slow-title = Le réseau tarde
slow = Le réseau n'a pas encore répondu. La demande est gardée : rechargez cette page dans une minute.
unknown-job-title = Ce transfert n'existe plus
unknown-job = Il a été retiré, ou Roneo a redémarré depuis. Ce que vous aviez gardé est dans les transferts.
refused-title = Le nœud a refusé
refused = La demande ne peut pas être suivie telle quelle. Rien n'a changé.
busy-title = Le nœud est occupé
busy = Il fait déjà autant de choses qu'il peut. Rien n'est perdu : réessayez dans un instant.
stopping-title = Le nœud s'arrête
stopping = Ce qui est en route est gardé sur le disque, et reprend quand vous relancez Roneo.
failed-title = Cela n'a pas marché
failed = Le transfert s'est arrêté avant la fin. Vous pouvez le recommencer.
not-found-title = Introuvable pour l'instant
segment-title = Il manque des morceaux
older-title = Une édition plus récente existe
no-such-path-title = Ce fichier n'y est pas
damaged-title = Ce contenu est abîmé
few-nodes-title = Trop peu de nœuds
not-stored-title = Pas assez de copies
cancelled-title = Arrêté

## When something goes wrong: what happened

not-found = { $asked ->
    [0] Le lien est bien écrit, mais aucun nœud n'a répondu.
    [one] Le lien est bien écrit, mais le nœud qui devrait garder ce contenu ne l'a pas.
   *[other] Le lien est bien écrit, mais aucun des { NUMBER($asked) } nœuds qui devraient garder ce contenu ne l'a.
}
segment = Personne ici n'a assez de morceaux de la partie { NUMBER($segment) } sur { NUMBER($segments) } : { $found ->
    [one] { NUMBER($found) } trouvé
   *[other] { NUMBER($found) } trouvés
}, il en faut { NUMBER($needed) }.
edition = L'édition { NUMBER($edition) }, ou une plus récente, est introuvable pour l'instant.
edition-newest = L'édition { NUMBER($edition) } est introuvable pour l'instant. La plus récente connue est la { NUMBER($newest) }.
no-such-path = Le lien s'ouvre, mais il ne contient pas ce fichier. Ouvrez-le sans ce qui suit son nom.
older = Seule l'édition { NUMBER($found) } se trouve, et ce nœud en a déjà vu une plus récente. Réessayez quand plus de nœuds seront là.
damaged = Ce que le lien désigne se contredit : ce n'est pas ce qui a été déposé. Rien n'en a été gardé.
few-nodes = Il faut { NUMBER($needed) } nœuds pour qu'une demande passe par d'autres avant d'arriver ; { $known ->
    [one] { NUMBER($known) } est connu
   *[other] { NUMBER($known) } sont connus
}. La demande partira quand ils seront là.
not-stored = { $placed ->
    [one] { NUMBER($placed) } morceau déposé
   *[other] { NUMBER($placed) } morceaux déposés
}, il en fallait { NUMBER($needed) }. Recommencez quand plus de nœuds seront là.
source = Le fichier n'a pas pu être lu jusqu'au bout. Déposez-le à nouveau.
not-kept = Ce qui est arrivé n'a pas pu être gardé sur le disque. Faites de la place, puis reprenez.
too-large = C'est plus grand que ce que Roneo dépose d'un seul tenant. Coupez-le en plusieurs fichiers.
name-taken = Ce nom est pris : autre chose a été publié dessous. Choisissez un autre nom.
newer-edition = Quelqu'un d'autre publie sous cette clé en ce moment. Réessayez, et cherchez qui la détient.
cancelled = Vous l'avez arrêté. Ce qui a été déposé le reste.
link-none = Ce n'est pas un lien Roneo : un lien commence par CHK@, SSK@, USK@, KSK@ ou KEEP@.
link-key = Le début du lien est abîmé : ce n'est pas une clé publique.
link-public = Ce lien sert à lire : pour publier, il faut le lien privé ou le nom d'une clé.
link-docname = Le nom du document manque ou ne peut pas servir : après la troisième partie viennent une barre et un nom de 200 octets au plus.
link-edition = Le numéro d'édition manque ou n'en est pas un : un lien USK@ continue par /nom/0.
link-too-long = C'est trop long pour un lien : copiez le lien seul.
link-fields = Le lien est coupé, ou quelque chose y est resté collé : il lui faut 3 parties entre virgules, celui-ci en a { NUMBER($found) }.
link-field = Une partie du lien est abîmée.
link-end = La fin du lien est abîmée.
link-private = Ce lien contient une clé privée, pour publier : ne le partagez pas. Pour lire, prenez le lien public.
link-name = Le nom à la fin du lien a des caractères qu'aucun nom de fichier ne porte : ôtez ce qui suit la barre oblique.
link-other = Ce lien ne peut pas être ouvert.

## When something goes wrong: what to do

step-retry = Réessayer maintenant
step-retry-text = Ce qui manquait est peut-être là.
step-ask = Demander à qui vous a donné le lien
step-ask-text = Cette personne l'a peut-être gardé, et peut le déposer à nouveau.
step-copy = Copier le lien à nouveau
step-copy-text = En entier, sans espace ni point à la fin, puis le coller dans l'accueil.
step-node = Voir l'état du nœud
step-node-text = Qui est là, ce qui marche, ce qui manque.
step-home = Revenir à l'accueil
step-home-text = Vous pouvez lire autre chose.
step-update = Mettre Roneo à jour
step-update-text = Les versions récentes lisent tout ce que les anciennes ont déposé.
step-transfers = Voir les transferts
step-transfers-text = Ce qui est en route, et ce qui est arrivé.
step-help = Lire l'aide
step-help-text = Elle est sur cet ordinateur, sans réseau.
step-back = Reprendre la page
step-back-text = Elle revient vide.

## A form that waited too long

expired-title = Une dernière fois
expired = Cette page a attendu trop longtemps. Votre texte est là : envoyez-le à nouveau.
typed = Ce que vous aviez écrit ({ NUMBER($n) })
send-again = Envoyer à nouveau
