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
thousand = mille
million = millions
billion = milliards
short-minutes = min
short-hours = h
short-days = j
short-months = mois
short-years = ans
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
home-recent = Ouvert récemment
home-last = Le dernier lien que vous avez ouvert, { $when }.
home-recent-empty = Rien encore.
home-recent-empty-text = Ce que vous ouvrez s'inscrit ici, sur cette machine seule. Par exemple : un tract que quelqu'un vous a envoyé en lien.
home-opened = Ouvert { $when }.
home-recent-kept = Cette liste reste sur cette machine, scellée.
home-forget = L'oublier
home-way = En route
home-way-empty = Rien n'est en route.
home-way-empty-text = Ce que vous déposez ou gardez avance ici, même la page fermée.
home-all-transfers = Tous les transferts
home-node = Ce nœud
home-links = { $n ->
    [one] lien ouvert
   *[other] liens ouverts
}
home-links-text = Votre ordinateur ne parle qu'à ces nœuds-là.
home-lent = prêtés au réseau
home-lent-text = Dont { $kept } gardés pour d'autres, illisibles d'ici.
home-silent-text = Il démarre, s'arrête, ou a trop à faire. Rechargez cette page dans un instant.
not-known = att.
pieces-of = Morceaux, { $name }

## Display

display-title = Affichage
display-lede = Ces choix valent pour cet ordinateur, et se trouvent aussi dans les réglages.
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

## Opening a link

fetch-title = Cette page est en route
fetch-lede = Elle n'est pas encore sur cet ordinateur. Vous pouvez lire autre chose : elle continue d'arriver.
fetch-step-link = Lien reconnu
fetch-step-search = On cherche le plan
fetch-step-plan = Plan trouvé
fetch-step-pieces = Les morceaux arrivent : { NUMBER($done) } sur { NUMBER($total) }
fetch-step-pieces-later = Réunir les morceaux
fetch-step-check = Vérifier et montrer
fetch-not-begun = Pas commencé.
fetch-looking = La demande passe par trois autres nœuds, puis par ceux qui devraient garder ce contenu.
fetch-plan = { $size }, { $blocks ->
    [one] { NUMBER($blocks) } morceau
   *[other] { NUMBER($blocks) } morceaux
}.
fetch-left = Encore { $left } environ.
fetch-asked = Demandé à { $time }.
fetch-keep = Garder
fetch-keep-hint = Garder met ce contenu dans les transferts : il y reste après un redémarrage, chiffré sur le disque.
fetch-stop = Arrêter
reloads = Cette page se recharge seule.
reload-stop = Ne plus la recharger
reload-start = La recharger seule
reload-now = Voir où on en est
still = Cette page ne se recharge pas seule.
arrived-path = Page d'ailleurs
arrived-lede = { $size }. C'est arrivé, vérifié morceau par morceau. Roneo ne l'ouvre pas lui-même : enregistrez-le, ou gardez-le.
arrived-warning-title = Avant de l'ouvrir
arrived-warning = Un fichier peut contenir des instructions, ou appeler un serveur quand un autre programme l'ouvre. Ne l'ouvrez que si vous savez de qui il vient.
arrived-type = Type annoncé :
arrived-save = Enregistrer
confirm-title = Une autre page ouvre un lien
confirm-lede = Vous venez d'une page qui n'est pas de Roneo. Rien n'a été demandé au réseau.
confirm-open = Ouvrir ce lien
confirm-leave = Ne pas l'ouvrir
confirm-why = Pourquoi cette question : une page qui donne à chaque visiteur un lien différent saurait, en voyant lequel est demandé, qui se sert de Roneo.

## Transfers

stamp-under-way = En route
stamp-stranger = Quelqu'un d'autre
looks-like = Ce n'est pas { $name }, que vous connaissez.
stamp-queued = En file
stamp-paused = En pause
stamp-waiting = Attend
stamp-weak = Lisible
stamp-stored = Déposé
stamp-fetched = Arrivé
stamp-checked = Vérifié
stamp-failed = Échec
job-unnamed = Sans nom
job-receiving = Le fichier entre dans la file, sur cet ordinateur.
job-queued = D'autres passent avant. Commence tout seul.
job-paused = En pause, par vous.
job-waiting = Attend le réseau. Commence tout seul.
job-looking = On le cherche.
job-fetching = { $done ->
    [one] { NUMBER($done) } morceau
   *[other] { NUMBER($done) } morceaux
} sur { NUMBER($total) }.
job-storing = { $done ->
    [one] { NUMBER($done) } morceau déposé
   *[other] { NUMBER($done) } morceaux déposés
} sur { NUMBER($total) }.
job-publishing = Le nom part, signé.
job-published = Signé, déposé, confirmé par ceux qui le gardent.
job-checking = Recherche de qui le garde : { NUMBER($done) } morceaux sur { NUMBER($total) }.
job-repairing = Remise en état : { NUMBER($done) } morceaux sur { NUMBER($total) }.
job-healthy = Gardé aussi sûrement qu’au premier jour, pour ce qu’on peut en voir.
job-weakened = Lisible, et moins sûr qu’au premier jour. Le réparer aide.
job-in-danger = Encore lisible, mais plus pour longtemps : réparez-le maintenant.
job-lost = Trop peu de morceaux se trouvent pour le lire. Vérifiez à nouveau quand plus de nœuds seront là.
job-weak = Lisible dès maintenant. { $lacking ->
    [one] { NUMBER($lacking) } morceau manque
   *[other] { NUMBER($lacking) } morceaux manquent
} de copies : Roneo continue d'en placer.
job-stored = { $total ->
    [0] Toutes les copies demandées sont là.
    [one] { NUMBER($total) } morceau, toutes ses copies confirmées.
   *[other] { NUMBER($total) } morceaux, toutes leurs copies confirmées.
}
job-fetched = { $size }, vérifiés, sur cet ordinateur.
job-fetched-unmeasured = Vérifié, sur cet ordinateur.
job-left = Encore { $left } environ, à { $rate }/s.
act-open = Ouvrir
act-pause = Mettre en pause
act-resume = Reprendre
act-sooner = Plus tôt
act-later = Plus tard
act-stop = Arrêter
act-remove = Retirer
priority-of = { $priority ->
    [0] Priorité : d'abord
    [3] Priorité : normale
    [6] Priorité : en dernier
   *[other] Priorité : { NUMBER($priority) }, de 0 à 6
}
transfers-lede = { $count ->
    [one] { NUMBER($count) } objet
   *[other] { NUMBER($count) } objets
}. { $down }/s vers vous, { $up }/s vers les autres.
transfers-safe = Rien n'est perdu si vous éteignez.
transfers-unsafe = Si vous éteignez, ce qui n'est pas dans la file s'arrête : dossiers, noms, contrôles. Recommencez-le ensuite ; rien n'est envoyé deux fois.
transfers-none = Rien n'arrive et rien ne part.
transfers-empty = Ici avance ce que vous déposez et ce que vous gardez.
transfers-empty-text = Par exemple : un enregistrement d'assemblée, qui met une heure à partir et reprend si vous éteignez.
transfers-in = Vers vous
transfers-out = De vous vers le réseau
transfers-names = Noms signés
transfer-link = Le lien à donner
transfer-link-text = Qui a ce lien peut lire, et donner le lien plus loin. Qui ne l'a pas ne peut pas lire, même en gardant les morceaux.
transfer-no-link = Le lien se prépare
transfer-no-link-text = Il est connu quand le dernier morceau est chiffré. Il s'affichera ici.
transfer-try = L'ouvrir ici
transfer-facts = Détails
transfer-size = Taille
transfer-type = Type annoncé
transfer-blocks = Morceaux
transfer-priority = Ordre
transfer-began = Commencé
transfer-restart = Après un redémarrage
transfer-restart-yes = Continue
transfer-restart-no = S'arrête
of = { NUMBER($done) } sur { NUMBER($total) }
remove-title = Retirer ce transfert ?
remove-fetched = Ce qui est arrivé sera effacé de cet ordinateur. Le réseau, lui, n'oublie rien : avec le lien, on peut le redemander.
remove-fetching = Ce qui est déjà arrivé sera effacé, et la demande s'arrête.
remove-ended = Le transfert quitte la liste, et son lien avec lui : notez-le avant. Ce qui a été déposé reste déposé.
remove-storing = Les copies qui manquent ne seront plus placées. Ce qui a été déposé reste déposé, et ne se rappelle pas.
remove-yes = Retirer
remove-no = Le laisser

## Putting files in

insert-title = Déposer des fichiers
insert-lede = Roneo le chiffre ici, le coupe en morceaux, et les confie à d'autres nœuds. Vous recevez un lien.
insert-file = Un ou plusieurs fichiers
insert-file-hint = Le dépôt continue si vous fermez la page.
insert-unnamed = Sans le nom du fichier
insert-unnamed-hint = Sinon le nom voyage dans le lien, et qui a le lien le lit.
insert-before-title = Avant de déposer
insert-before = Un fichier déposé ne se rappelle pas. Qui en a le lien peut le lire et le garder.
insert-inside = Un fichier parle de lui-même : lieu et heure dans une photo, nom d'auteur dans un document. Roneo nettoie les images PNG et JPEG, rien d'autre : le reste, regardez-le d'abord.
insert-send = Déposer
insert-expired = Cette page a attendu trop longtemps. Choisissez les fichiers à nouveau : un navigateur ne les garde pas. Rien n'est parti.
insert-no-file = Aucun fichier n'a été choisi. Rien n'est parti.
insert-too-many = { $n ->
    [one] Un seul fichier passe
   *[other] { NUMBER($n) } fichiers passent
} à la fois, pas plus. Rien n'est parti : choisissez-en moins, les autres ensuite.
insert-too-long = C'est plus de { $size } d'un coup. Déposez les fichiers un par un, ou par la commande « roneo put ».
insert-broken-off = L'envoi s'est arrêté avant la fin. Rien n'est parti : choisissez les fichiers à nouveau.
insert-disk = Le disque est plein, ou ne répond pas. Rien n'est parti : faites de la place, puis recommencez.

## Node

node-works = Tout marche. Ce nœud aide à garder ce que d'autres déposent ; il ne peut pas lire ce qu'il garde.
node-alone = Ce nœud est seul pour l'instant. Avec une invitation, il rejoint d'autres nœuds.
node-local-title = Réseau d'essai
node-local = Ce réseau local sert à essayer. Ses règles sont relâchées, et ne protègent personne.
node-small-title = Petite foule
node-small = { $n ->
    [one] Ce réseau compte { NUMBER($n) } nœud.
   *[other] Ce réseau compte { NUMBER($n) } nœuds.
} Sous 200, qui observe beaucoup peut deviner plus.
node-small-more = Ce que cela change pour vous
node-nodes = { $n ->
    [one] nœud présent
   *[other] nœuds présents
}
node-nodes-text = Vu d'ici, celui-ci compris.
node-kept = gardés pour le réseau
node-lent-label = Part du disque prêté qui sert
node-kept-text = Sur { $lent } prêtés, et { $cached } en réserve. Illisibles d'ici.
node-damaged = { $n ->
    [one] { NUMBER($n) } morceau abîmé a été écarté.
   *[other] { NUMBER($n) } morceaux abîmés ont été écartés.
}
node-sent = paquets à vous envoyés
node-sent-text = Vos demandes et vos dépôts, depuis le démarrage.
node-received = réponses reçues
node-received-text = À vos demandes, depuis le démarrage.
node-forwarded = paquets passés pour d'autres
node-forwarded-text = Ce nœud ne sait ni de qui ils viennent, ni ce qu'ils disent.
node-upload = envoyés, en ce moment
node-download = reçus, en ce moment
node-today = Aujourd'hui { $size }, pour vous et pour les autres ; { $cap }
node-cap = plafond { $rate }/s.
node-no-cap = sans plafond.
node-people = Relier des nœuds
node-invite = Faire une invitation
node-invite-hint = Elle contient l'adresse de ce nœud : ne la donnez qu'à qui vous voulez.
node-invitation = L'invitation
node-invitation-text = Une seule ligne, à donner en main propre. Elle contient l'adresse de ce nœud. Elle n'est pas gardée : refaites-en une quand il en faut.
node-join = Suivre une invitation
node-join-hint = Collez la ligne entière qu'on vous a donnée.
node-join-send = Rejoindre
peers-title = Nœuds connus
peers-id = Nœud
peers-link = Lien
peers-heard = Entendu
peers-none = Aucun autre nœud pour l'instant.
peers-left-out = { $n ->
    [one] Et { NUMBER($n) } autre.
   *[other] Et { NUMBER($n) } autres.
}
peer-me = celui-ci
peer-never = jamais
peer-heard = il y a { $time }
peer-linked = ouvert
peer-known = connu
peer-set-aside = mis de côté
counters-title = Tous les compteurs
counters-text = Depuis le démarrage. Rien de tout cela n'est envoyé à personne.
counters-name = Compteur
counters-count = Nombre
versions-title = Versions
versions-network = Réseau
versions-node = Ce nœud
versions-uptime = Tourne depuis

## Help

help-lede = Tout est sur cet ordinateur : ces pages s'ouvrent sans réseau.
help-read-title = Lire
help-read-summary = Ouvrir un lien, attendre, garder.
help-publish-title = Déposer et publier
help-publish-summary = Donner un fichier à lire sans l'héberger.
help-lend-title = Prêter
help-lend-summary = Ce que votre ordinateur fait pour les autres, et combien.
help-protection-title = Protégé, pas protégé
help-protection-summary = Qui peut apprendre quoi, avec des chiffres.
help-words-title = Les mots
help-words-summary = Ceux que ces pages emploient.
help-read-html =
    <ol>
    <li>Copiez le lien que quelqu'un vous a donné. Il commence par CHK@, SSK@, USK@ ou KSK@, et il est long : prenez-le en entier.</li>
    <li>Collez-le dans l'<a href="/">accueil</a>, puis Ouvrir.</li>
    <li>La page vient tout de suite et dit où on en est. Elle devient le contenu quand il est là.</li>
    </ol>
    <h2>Ce qui s'affiche, ce qui s'enregistre</h2>
    <p>Les sites, les textes, les images et les enregistrements s'affichent. Tout le reste s'enregistre : Roneo ne lance jamais ce qu'il reçoit.</p>
    <h2>Lire un site</h2>
    <p>Un site s'ouvre à une adresse à lui, qui change à chaque démarrage. Roneo lit chaque page et la récrit : sans programme, sans formulaire, sans rien qui vienne du web. La barre au-dessus dit ce qui a été retiré ; en dessous, dans le cadre, tout vient de l'auteur du site, même ce qui ressemblerait à Roneo.</p>
    <p>Si votre navigateur dit qu'il ne trouve pas cette adresse, ajoutez ?path derrière le lien, et ouvrez-le à nouveau.</p>
    <h2>Garder</h2>
    <p>Ce qu'on ouvre est oublié quand Roneo s'arrête. Garder met le contenu dans les <a href="/transfers">transferts</a>, chiffré sur le disque : il y reste, et il continue d'arriver après un redémarrage.</p>
    <h2>Quand rien ne vient</h2>
    <p>Un contenu que personne n'a gardé s'efface peu à peu du réseau. Réessayez plus tard, et demandez à qui vous a donné le lien : cette personne peut le déposer à nouveau.</p>
help-publish-html =
    <ol>
    <li>Ouvrez <a href="/insert">Déposer</a> et choisissez un fichier.</li>
    <li>Roneo le chiffre sur cet ordinateur, le coupe en morceaux, en ajoute de quoi pouvoir en perdre, et les confie à d'autres nœuds par un chemin de trois relais.</li>
    <li>Le lien s'affiche dans la page du transfert. Donnez-le à qui doit lire.</li>
    </ol>
    <h2>Le lien est la clé</h2>
    <p>Qui a le lien lit tout et peut le donner plus loin. Qui garde les morceaux sans le lien ne lit rien. Il n'y a pas d'autre serrure, et pas de double : si vous perdez le lien, le contenu est perdu pour vous.</p>
    <h2>Déposé, lisible</h2>
    <p><b>Déposé</b> : toutes les copies demandées sont confirmées par ceux qui les gardent. <b>Lisible</b> : on peut déjà lire, mais il manque des copies ; Roneo continue d'en placer tant qu'il tourne.</p>
    <h2>Ce qui ne se rattrape pas</h2>
    <p>Un contenu déposé ne se rappelle pas. Et il ne dure que si des nœuds restent : cette version ne remplace pas encore les copies de ceux qui partent pour de bon.</p>
    <p>Un fichier parle de lui-même : lieu et heure dans une photo, nom d'auteur dans un document. Roneo retire ce que disent les images PNG et JPEG, et dit combien il en a nettoyé. Les documents, les sons et les films partent tels quels.</p>
    <h2>Un site</h2>
    <p>Un dossier déposé sous une de vos <a href="/keys">clés</a> est l'édition d'un site. Son lien reste le même ; à la suivante, seul ce qui a changé est envoyé. Exportez la clé : qui la perd ne publie plus.</p>
help-lend-html =
    <p>Votre nœud prête un morceau de disque de taille fixe. D'autres y confient des blocs chiffrés. Il ne peut ni les lire, ni savoir qui les a déposés, ni qui les demande.</p>
    <h2>Combien</h2>
    <p>Par défaut un dixième de la place libre, 10 Go au plus. Vous choisissez au premier démarrage, par <code>--disk</code>. Le fichier est réservé d'un coup et n'augmente jamais.</p>
    <h2>Ce qui aide</h2>
    <p>Laisser Roneo tourner. Un nœud qui part et revient garde ses blocs ; un nœud qui disparaît les emporte. Les chemins passent par quatre nœuds : sous cinq, rien ne circule.</p>
    <h2>Ce que cela risque</h2>
    <p>On peut voir que vous faites tourner Roneo. Ce que vous gardez est illisible sans les liens, que votre nœud n'a jamais eus. Ce qu'un tribunal en ferait change d'un endroit à l'autre. Il n'y a pas de sortie vers le web : on ne peut pas se servir de votre nœud contre quelqu'un d'autre.</p>
help-protection-html =
    <p>Personne n'a audité Roneo. Si votre sécurité en dépend, lisez d'abord la fin de cette page.</p>
    <h2>Ce qui est protégé</h2>
    <ul>
    <li>Qui lit quoi et qui dépose quoi, vis-à-vis de ceux qui gardent les blocs.</li>
    <li>Ce qui est gardé où, vis-à-vis de ceux qui le gardent.</li>
    <li>Le contenu, contre la perte et le changement.</li>
    </ul>
    <p>Que vous faites tourner Roneo n'est pas protégé.</p>
    <h2>Qui apprend quoi</h2>
    <dl>
    <dt>Qui observe votre ligne</dt><dd>Que Roneo tourne, avec quels nœuds il parle, quand, et à peu près combien de blocs passent. Ni les liens, ni le contenu.</dd>
    <dt>Votre nœud de garde, le premier du chemin</dt><dd>Votre adresse, quand et combien de paquets. Ni quoi, ni où cela va.</dd>
    <dt>Les relais</dt><dd>Le nœud d'avant et celui d'après. Ni vous, ni quoi.</dd>
    <dt>Qui garde un bloc</dt><dd>Un bloc chiffré, et l'heure. Ni vous, ni ce que c'est.</dd>
    <dt>Qui a le lien</dt><dd>Tout le contenu. Pas qui d'autre l'a lu.</dd>
    <dt>Qui saisit votre disque</dt><dd>Des blocs chiffrés, avec qui ce nœud était relié, et la file des transferts, dont la clé est à côté. Pas le contenu des blocs.</dd>
    </dl>
    <h2>Des chiffres</h2>
    <p>En mode standard, le seul pour l'instant, sur un réseau public de 200 nœuds ou plus. f est la part de nœuds hostiles qui travaillent ensemble. Le garde et celui qui garde le bloc, s'ils sont tous deux hostiles, reconnaissent une demande à son heure :</p>
    <table><thead><tr><th scope="col">Vous relier à un contenu</th><th scope="col" class="right">f = 5 %</th><th scope="col" class="right">10 %</th><th scope="col" class="right">20 %</th></tr></thead><tbody>
    <tr><th scope="row">une demande, un nœud essayé</th><td class="right">0,25 %</td><td class="right">1 %</td><td class="right">4 %</td></tr>
    <tr><th scope="row">une demande, huit nœuds essayés</th><td class="right">1,7 %</td><td class="right">5,7 %</td><td class="right">17 %</td></tr>
    <tr><th scope="row">un fichier de beaucoup de morceaux, ou un long usage</th><td class="right">5 %</td><td class="right">10 %</td><td class="right">20 %</td></tr>
    </tbody></table>
    <p>Ces chiffres viennent de formules ; la simulation ne les a pas encore refaits. Sous 200 nœuds ils disent peu : la foule est petite.</p>
    <h2>Ce qui n'est pas promis</h2>
    <ul>
    <li>Qu'un lecteur ou un auteur ne puisse jamais être trouvé, qu'un contenu ne puisse jamais disparaître, qu'un disque ne prouve rien.</li>
    <li>Que le mode standard résiste à qui observe votre ligne et garde aussi des blocs : il n'y résiste pas.</li>
    <li>Qu'un contenu puisse être rappelé. Il ne le peut pas.</li>
    <li>Qu'un réseau local protège qui que ce soit. Il sert à essayer.</li>
    <li>Qu'un autre programme de cet ordinateur, ou quelqu'un devant l'écran, ne voie rien.</li>
    </ul>
help-words-html =
    <dl>
    <dt>Nœud</dt><dd>Un Roneo qui tourne. Le vôtre en est un.</dd>
    <dt>Lien</dt><dd>L'adresse d'un contenu, et la clé pour le lire. CHK@ : un contenu qui ne change pas. SSK@ et USK@ : un document signé. KSK@ : un nom que l'on peut deviner.</dd>
    <dt>Déposer</dt><dd>Chiffrer un contenu et confier ses morceaux au réseau.</dd>
    <dt>Morceau, bloc</dt><dd>32 Ko chiffrés. Un fichier en a assez pour qu'on puisse en perdre.</dd>
    <dt>Copie</dt><dd>Le même bloc chez un autre nœud.</dd>
    <dt>Chemin</dt><dd>Les quatre nœuds par lesquels passe une demande : un garde, deux relais, et celui qui garde le bloc.</dd>
    <dt>Garde</dt><dd>Le premier nœud de vos chemins. Le même pendant des mois, pour que peu de monde puisse l'être.</dd>
    <dt>Invitation</dt><dd>Une ligne qui nomme un réseau et quelques-uns de ses nœuds.</dd>
    <dt>Réseau local</dt><dd>Un réseau pour essayer, dont les règles ne protègent personne.</dd>
    <dt>f</dt><dd>La part des nœuds qui sont hostiles et travaillent ensemble.</dd>
    </dl>

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
form-only-title = Cette adresse reçoit un formulaire
form-only = Elle ne se lit pas : revenez à la page où est le formulaire. Rien n'a changé.
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
step-back-text = Par le bouton Précédent de votre navigateur.

## A form that waited too long

expired-title = Une dernière fois
expired = Cette page a attendu trop longtemps. Votre texte est là : envoyez-le à nouveau.
typed = Ce que vous aviez écrit ({ NUMBER($n) })
send-again = Envoyer à nouveau

## Réglages

settings-title = Réglages
settings-lede = Ce qui est réglé ici se trouve dans le fichier config.toml de ce nœud, qu'on peut aussi modifier à la main. Un champ vide rend la valeur d'origine.
settings-problem-title = La configuration ne se lit pas
settings-problem = Une ligne de config.toml est fausse, donc rien ne change ici.
settings-problem-line = Corrigez à la main la ligne { NUMBER($line) }. La commande « roneo config list » dit ce qu'elle a.
settings-problem-file = La commande « roneo config list » dit ce qu'il a.
settings-console = Pages
settings-disk = Disque
settings-boards = Tableaux
settings-traffic = Débit
settings-network = Réseau
settings-other = Autres
settings-unset = Comme d'origine
settings-keep = Garder
settings-kept = Gardé
settings-wrong = Ce n'est pas possible :
setting-unknown = Ces pages ne le connaissent pas encore. La commande « roneo config list » l'explique.
setting-at-once = Compte tout de suite.
setting-next-start = Compte à partir du prochain démarrage.
setting-new-store = Compte à partir du prochain démarrage, tant que le nœud ne garde encore rien.
setting-yes = Oui
setting-no = Non
setting-network = Sorte de réseau
setting-network-text = Un réseau local sert à essayer, sur une machine ou une table ; ses règles ne protègent personne.
setting-network-main = Le vrai
setting-network-local = Local
setting-listen = Où les autres nœuds se relient
setting-listen-text = Des adresses avec un port, comme [::]:0. Le port 0 en choisit un et le garde.
setting-http = Où ces pages répondent
setting-http-text = Une adresse de cette machine seule, comme 127.0.0.1:8888.
setting-join = Invitations
setting-join-text = Suivies à chaque démarrage.
setting-quota = Disque prêté
setting-quota-text = Une taille, comme 10 GiB. Sinon : un dixième de la place libre, 10 GiB au plus.
setting-upload = Envoi au plus, par seconde
setting-upload-text = Une taille, comme 1 MiB. 0 ou rien : pas de limite.
setting-download = Réception au plus, par seconde
setting-download-text = Une taille, comme 4 MiB. 0 ou rien : pas de limite.
setting-language-text = Celle de ces pages.
setting-theme-text = Celles de ces pages.
setting-recent = Retenir ce qui a été ouvert
setting-recent-text = Scellé, sur cette machine ; qui s'en sert voit la liste.
setting-reading = Lire les tableaux ouverts
setting-reading-text = Souvent : ce qui s'y dit arrive aussitôt, mais qui surveille votre ligne voit que vous lisez un tableau.
setting-reading-auto = Selon le réseau
setting-reading-usual = Toutes les 10 à 30 secondes
setting-reading-often = Toutes les 2 secondes
setting-delay = Délai avant de publier
setting-delay-text = Ce que vous dites part après un temps au hasard, au plus celui-ci : l'heure en dit moins sur vous.
setting-delay-auto = Selon le réseau
setting-delay-none = Aucun
setting-delay-minute = Une minute au plus
setting-delay-ten = Dix minutes au plus
setting-delay-hour = Une heure au plus
setting-delay-hours = Six heures au plus
setting-checks = Chercher les nouvelles éditions des signets
setting-checks-text = Quelques fois par jour, à des moments au hasard, comme n'importe qui lirait.
setting-first-run = Premiers écrans passés
setting-first-run-text = Non les montre à nouveau.

## Signets

nav-bookmarks = Signets
nav-keys = Clés et sites
nav-settings = Réglages
bookmarks-title = Signets
bookmarks-lede = Ils restent sur cette machine, scellés. Une nouvelle édition est marquée quand le réseau en montre une.
bookmarks-none = Pas encore de signet
bookmarks-none-text = Gardez ici les liens où vous revenez : l'adresse d'un site commence par USK@.
bookmarks-edition = édition
bookmarks-new = Nouveau
bookmarks-fixed = Toujours le même contenu.
bookmarks-unseen = Jamais ouvert.
bookmarks-seen = Vous avez vu l'édition { NUMBER($seen) }. Pas encore vérifié.
bookmarks-seen-checked = Vous avez vu l'édition { NUMBER($seen) }. Vérifié : { $when }.
bookmarks-change = Changer
bookmarks-name = Nom
bookmarks-name-hint = Vide : celui du lien.
bookmarks-place = Place dans la liste
bookmarks-keep = Garder
bookmarks-check = Vérifier maintenant
bookmarks-remove = Retirer
bookmarks-add-title = Ajouter un signet
bookmarks-add = Ajouter
recent-off = Rien n'est retenu. Cela se change dans les réglages :

## Clés et sites

keys-title = Clés et sites
keys-lede = Qui a une clé publie en son nom. Les lecteurs d'un site gardent un seul lien, et y trouvent chaque nouvelle édition.
keys-none = Pas encore de clé
keys-none-text = Créez-en une pour publier un site que vous pourrez changer.
keys-damaged = Son fichier ne se lit pas. Remettez-en une copie.
keys-pending = Édition en route
keys-edition = édition { NUMBER($edition) }, { $when }
keys-no-edition = pas encore d'édition
keys-export = Exporter
keys-delete = Supprimer
keys-publish-title = Publier une édition
keys-publish-lede = Déposez d'abord le fichier ; l'édition est publiée dès qu'il est gardé, même si Roneo redémarre entre-temps.
keys-key = Clé
keys-site = Nom du site
keys-site-hint = Il se trouve dans le lien. Le même nom qu'avant fait l'édition suivante.
keys-insert = Un fichier en route ou gardé
keys-insert-none = Aucun : un lien, plus bas
keys-content = Ou un lien
keys-content-hint = Un lien CHK@, tel que le dépôt d'un fichier le donne.
keys-publish = Publier
keys-new-title = Créer une clé
keys-name = Nom de la clé
keys-name-hint = Vous seul le voyez. Des lettres sans accent, des chiffres, - et _.
keys-new = Créer
keys-import-title = Importer une clé
keys-text = Texte de la clé
keys-text-hint = Le fichier exporté en entier, trois lignes.
keys-other-name = Un autre nom pour elle, ou rien
keys-import = Importer
key-delete-title = Supprimer cette clé ?
key-delete = Plus personne ne pourra publier en son nom, sauf si vous l'avez exportée. Ce qui a été publié reste.
key-delete-yes = Supprimer pour de bon
key-delete-no = La garder

## Premiers pas

welcome-title = Premiers pas
welcome-step = Étape { NUMBER($step) } sur { NUMBER($of) }
welcome-next = Continuer
welcome-back = Retour
welcome-display-title = Dans quelle langue ?
welcome-display = Trois écrans courts, puis vous lisez.
welcome-protection-title = Ce que Roneo protège
welcome-protection-does = Les demandes passent par trois autres ordinateurs : qui garde un fichier ne voit pas qui le lit. Ce que votre disque garde pour les autres est chiffré, et vous ne pouvez pas le lire.
welcome-protection-not = Qui surveille votre ligne voit que vous utilisez Roneo, et quand. Personne ne l'a audité. Un petit réseau cache peu.
welcome-protection-more = Tout cela, en mots simples
welcome-disk-title = Combien prêter ?
welcome-disk = Roneo marche parce que chacun prête un peu de disque. Rien d'autre de cette machine n'est touché.
welcome-disk-legend = Disque
welcome-disk-auto = Comme Roneo le propose
welcome-disk-auto-text = Un dixième de la place libre, 10 GiB au plus.
welcome-disk-now = Un dixième de la place libre, 10 GiB au plus. Prêté en ce moment : { $lent }.
welcome-disk-own = Une autre taille
welcome-disk-own-text = Elle compte à partir du prochain démarrage.
welcome-disk-size = Taille
welcome-disk-hint = Comme 2 GiB ou 500 MB.
welcome-disk-wrong = Ce n'est pas une taille.
welcome-join-title = Qui rejoindre ?
welcome-join = Quelqu'un qui a Roneo peut vous donner une invitation : une ligne de texte, ou un carré à scanner.
welcome-join-failed = Cela n'a pas marché
welcome-invitation = Invitation
welcome-invitation-hint = Une longue ligne qui commence par roneo-join:
welcome-join-text = Rejoindre
welcome-file-title = D'un fichier ou d'une image
welcome-file = Fichier
welcome-file-hint = L'invitation en fichier texte, ou une image PNG ou JPEG de son carré.
welcome-join-file = Rejoindre par ce fichier
welcome-alone-title = Sans personne
welcome-alone = Vous pouvez commencer seul et inviter d'autres gens : la page du nœud fait des invitations.
welcome-alone-yes = Commencer seul
qr-not-a-picture = Ce n'est ni un texte, ni une image PNG ou JPEG.
qr-too-large = Cette image est trop grande. Coupez-la au carré.
qr-no-code = Aucun carré trouvé dans cette image. Reprenez-la, droite, nette et avec du blanc autour.
qr-several = Il y a plusieurs carrés dans cette image. Coupez-la à celui qui compte.
qr-unreadable = Le carré de cette image ne se lit pas. Reprenez-la de plus près.

## Ce qui est gardé sur cette machine : les ennuis

kept-title = Ceci ne peut pas être gardé
kept-name = Ce nom ne va pas : 1 à 64 lettres sans accent, chiffres, - et _.
kept-no-key = Il n'y a plus de clé de ce nom.
kept-key-exists = Il y a déjà une clé de ce nom : choisissez-en un autre.
kept-key-damaged = Le fichier de cette clé est abîmé : remettez une copie exportée.
kept-key-exposed = D'autres personnes sur cette machine peuvent lire le fichier de cette clé : rendez-le privé avec chmod 600. Si quelqu'un a pu le copier, publiez sous une nouvelle clé et prévenez votre public.
kept-not-a-key = Ce n'est pas une clé, ou pas toute : collez le fichier exporté en entier.
kept-link = Ce n'est pas un lien vers une page : copiez-le à nouveau, en entier.
kept-no-bookmark = Ce signet a été retiré entre-temps.
kept-no-editions = Ce lien nomme toujours le même contenu.
kept-no-backup = Ce n’est pas une sauvegarde, ou il en manque. Donnez le fichier entier.
kept-passphrase = Les mots n’ouvrent pas cette sauvegarde. Retapez les huit mots.
kept-full = Il n'y a plus de place : retirez-en d'abord.
kept-setting = Ce réglage n'existe pas, ou ne peut pas avoir cette valeur.
kept-config = La configuration ne se lit pas : la page des réglages dit quelle ligne est fausse.
kept-newer = Ceci a été écrit par un Roneo plus récent : mettez à jour pour le changer.
kept-disk = Le disque ne l'a pas pris. Faites de la place, puis réessayez.
form-stale = Cette page a attendu trop longtemps, et un fichier ne peut pas être gardé pour vous. Rouvrez-la et choisissez le fichier à nouveau.

## Le lecteur de sites

site-bar = Barre du lecteur
site-sheet = La page, telle que le filtre l'a refaite
site-key = Clé
site-edition = édition { NUMBER($edition) }
site-newer = L'édition { NUMBER($edition) } est parue.
site-newer-open = L'ouvrir
site-removed = { $count ->
    [0] Rien n'a été retiré
    [one] { NUMBER($count) } chose retirée par le filtre
   *[other] { NUMBER($count) } choses retirées par le filtre
}
site-front = Accueil du site
site-mark = Marquer d'un signet
site-save = Enregistrer l'original
site-console = Revenir à Roneo
site-files-title = Ce qu'il y a ici
site-files = Ce dossier n'a pas de page d'accueil. Voici ses fichiers.
site-files-more = Et { NUMBER($count) } de plus, que cette liste ne montre pas.
site-missing-title = Ce fichier n'est pas dans le site
site-missing = Le site est là, mais il n'a rien à cette adresse. Voici ce qu'il contient.
site-closed-title = Cette page n'est plus ouverte
site-closed = L'adresse d'un site ne vaut que pour un temps : elle change quand Roneo redémarre, ou après beaucoup d'autres sites. Revenez à Roneo et ouvrez le lien à nouveau.
site-refused-title = Roneo ne montre pas ce fichier
site-refused-mismatch = Ses octets ne sont pas ce qu'il dit être. Un tel fichier peut tromper le programme qui l'ouvre. Enregistrez-le seulement si vous savez de qui il vient.
site-refused-drawing = C'est un dessin ou un texte en XML, qui peut contenir un programme. Vous pouvez l'enregistrer, et l'ouvrir hors ligne.
site-refused-document = C'est un document, qui peut contenir un programme ou appeler un serveur quand il s'ouvre. Vous pouvez l'enregistrer, et l'ouvrir hors ligne.
site-refused-archive = C'est une archive, qui contient d'autres fichiers. Vous pouvez l'enregistrer.
site-refused-program = C'est un programme. Ne l'enregistrez que si vous savez de qui il vient et ce qu'il fait.
site-refused-unknown = Roneo ne connaît pas ce genre de fichier. Vous pouvez l'enregistrer.
site-refused-long = Il est trop long pour être refait en une fois. Vous pouvez l'enregistrer.
site-refused-large = Cette image est trop grande pour être refaite ici. Vous pouvez l'enregistrer.
site-refused-broken = Cette image est abîmée. Vous pouvez l'enregistrer, ou en demander une autre à qui l'a faite.

## Ce que le filtre a retiré

removed-title = Ce que le filtre a retiré
removed-lede = Une page d'ailleurs est lue, puis récrite avec ce que Roneo comprend, et rien d'autre. Voici ce qui n'a pas été repris.
removed-none-title = Rien n'a été retiré
removed-none = Tout ce que ce fichier contient est montré.
removed-back = Revenir à la page
removed-script = Programmes
removed-script-why = Une page ne commande jamais cet ordinateur.
removed-outside = Choses prises ailleurs
removed-outside-why = Les charger aurait dit à un serveur que vous lisez ceci.
removed-scheme = Liens vers autre chose que des pages
removed-scheme-why = Ils ouvrent d'autres programmes, ou cachent un contenu dans leur adresse.
removed-bad-link = Liens illisibles
removed-bad-link-why = Leur adresse ne mène nulle part, ou cache où elle mène.
removed-form = Formulaires
removed-form-why = Ce que vous y écririez partirait sans que rien ne le montre.
removed-frame = Cadres
removed-frame-why = Une page dans la page peut se faire passer pour une autre.
removed-embedded = Dessins, formules et greffons
removed-embedded-why = Ils peuvent contenir des programmes, ou appeler un serveur.
removed-redirect = Ordres de changer de page
removed-redirect-why = Vous ne quittez une page que parce que vous le voulez.
removed-element = Éléments inconnus
removed-element-why = Le filtre ne garde que ce qu'il comprend. Leur texte reste.
removed-attribute = Attributs inconnus
removed-attribute-why = Le filtre ne garde que ce qu'il comprend.
removed-style = Règles de style
removed-style-why = Elles sortent de la liste de celles qui ne peuvent ni couvrir ni appeler.
removed-font = Polices de caractères
removed-font-why = Une police peut remplacer des lettres par d'autres.
removed-bounds = Ce qui dépasse les bornes
removed-bounds-why = Trop profond ou trop long : cela ralentirait cet ordinateur.
removed-metadata = Remarques dans l'image
removed-metadata-why = Lieu, date, appareil : seuls les points de l'image sont repris.
removed-hidden = Octets cachés
removed-hidden-why = Ils étaient derrière la fin de l'image, où aucun lecteur ne les montre.

## Sortir de Roneo

leave-title = Ce lien sort de Roneo
leave-lede = Il mène au web. Le site d'en face verra votre adresse, et pourra savoir d'où vous venez.
leave-host = Nom du site
leave-address = Adresse entière
leave-copy = Copiez l'adresse, et ouvrez-la dans le navigateur que vous voulez pour cela.
leave-open = L'ouvrir ici
leave-signs-title = Ce nom peut en imiter un autre
leave-signs = Il contient des lettres qui ressemblent à d'autres, écrites telles quelles ou derrière xn--. Copiez-le seulement si vous l'attendiez.
leave-why = Pourquoi cette page : Roneo ne demande jamais rien au web par lui-même, et ne vous y mène pas sans le dire.

## What the node says in codes

note-outlook-one = Un seul autre nœud garde ceci. S'il disparaît, { $chance }.
note-outlook = { NUMBER($nodes) } autres nœuds gardent ceci. Si { $gone ->
    [one] l'un d'eux disparaît
   *[other] { NUMBER($gone) } disparaissent d'un coup
}, { $chance }.
loss-rare = le risque d'en perdre une partie est de moins d'un sur un million
loss-once = le risque d'en perdre une partie est d'environ un sur { NUMBER($of) }
loss-likely = une partie sera sans doute perdue
note-name-lacking = Il manque des copies de ce nom : Roneo continue d'en placer tant qu'il tourne.
note-overwritten = Ce n'est pas ce qui a été publié d'ici : quelqu'un a écrit sous ce nom au même moment, et c'est ce qui reste. Publiez le vôtre sous un autre nom.
note-few-answered = Peu des nœuds qui gardent ce nom ont répondu ({ NUMBER($answered) }) : il existe peut-être plus récent.
note-by-itself = L'édition { NUMBER($edition) } a été trouvée par son numéro : aucun nœud ne sait laquelle est la plus récente.
note-by-itself-newest = L'édition { NUMBER($edition) } a été trouvée par son numéro : la plus récente que les nœuds connaissent est la { NUMBER($newest) }.
note-mended-none = Aucun morceau ne manquait.
note-remade = { $n ->
    [one] { NUMBER($n) } morceau manquant a été refait.
   *[other] { NUMBER($n) } morceaux manquants ont été refaits.
}
note-recopied = { $n ->
    [one] { NUMBER($n) } morceau a été placé à nouveau.
   *[other] { NUMBER($n) } morceaux ont été placés à nouveau.
}
note-parts-lacking = { $parts ->
    [one] Une partie manque
   *[other] { NUMBER($parts) } parties manquent
} encore de copies : réparez à nouveau quand plus de nœuds seront là.
refusal-no-document = Cette clé ne nomme aucun document : prenez une clé SSK, USK ou KSK.
refusal-unwritable = Ceci ne tient pas sous ce nom : le nom ou le contenu est trop long.
refusal-no-target = Un nom signé mène à un lien CHK@ ou à un contenu : donnez l'un des deux.
refusal-no-record = Seuls les liens SSK, USK et KSK se rafraîchissent. Déposez le contenu à nouveau, ou réparez-le.
refusal-keep-link = Un lien KEEP@ sert à garder et à réparer, pas à lire. Demandez le lien de lecture à qui vous l'a donné.
refusal-nothing-kept = Ce lien ne nomme rien qui puisse être gardé : donnez un lien CHK, SSK, USK, KSK ou KEEP.
refusal-name = Ce nom ne va pas : { NUMBER($most) } octets au plus, sans barre oblique.
refusal-media-type = Ce type ne va pas : { NUMBER($most) } lettres sans accent au plus, comme text/plain.
refusal-not-queued = Ce transfert n'est pas dans la file : il finit avec sa lecture.
refusal-over = Ce transfert est terminé : il n'y a plus rien à mettre en pause ni à avancer.
refusal-nothing-to-read = Ce transfert dépose un contenu : il n'y a rien à lire.
refusal-unkept = Ce qui était gardé ne se lit plus sur le disque. Retirez ce transfert, et demandez le contenu à nouveau.
refusal-reading = Ce contenu ne se lit pas ainsi : ouvrez-le depuis les transferts.
refusal-behind-end = Le contenu finit avant l'octet { NUMBER($start) } : il en a { NUMBER($whole) }.
refusal-other-network = Cette invitation mène au réseau { $invited }, et ce nœud est dans { $here } : rejoignez-le depuis un autre dossier de données.
invitation-none = Ce n'est pas une invitation : une invitation commence par roneo-join:. Demandez-en une à qui a Roneo.
invitation-cut = L'invitation est coupée : copiez toute la ligne, jusqu'à son dernier signe.
invitation-damaged = L'invitation est abîmée : copiez-la à nouveau, seule et telle quelle, ou demandez-en une autre.
invitation-newer = Cette invitation vient d'un Roneo plus récent : mettez le vôtre à jour.
warning-recording = Tout ce qui passe par ce nœud est enregistré : cela ne sert qu'au développement.
warning-store-stays = Le disque prêté fait { $size } et le reste : cette version ne change pas la taille d'un disque qui garde déjà des blocs.
warning-store-disk = { $n ->
    [one] Le disque prêté a échoué { NUMBER($n) } fois.
   *[other] Le disque prêté a échoué { NUMBER($n) } fois.
} Regardez ce qu'il a, et déplacez le dossier de données.
warning-store-stopped = Le disque prêté ne répond plus : redémarrez le nœud, et signalez-le.
warning-queue-disk = { $n ->
    [one] La file n'a pas pu être écrite { NUMBER($n) } fois.
   *[other] La file n'a pas pu être écrite { NUMBER($n) } fois.
} Faites de la place sur son disque. Après un redémarrage, des transferts peuvent reprendre plus tôt.
warning-queue-full = { $file } est de trop dans la file : arrêtez d'autres transferts, puis relancez le nœud.
warning-queue-unreadable = { $file } ne se lit pas : regardez le disque et les droits de ce fichier. Son transfert reste tel quel.
warning-queue-newer = { $file } vient d'un Roneo plus récent : mettez à jour pour reprendre ce transfert.
warning-queue-lost = { $file } était abîmé et se trouve dans { $aside }. Son transfert est perdu : recommencez-le.
warning-queue-goes-on = { $file } était abîmé et se trouve dans { $aside }. Son transfert reprend d'avant le dommage.
warning-queue-stuck = { $file } est abîmé, et le disque n'a pas permis de le mettre de côté.
warning-transfer-ended = Un transfert de la file ne peut pas reprendre : recommencez-le.
warning-heard-closed = Ce qui a été entendu sur les tableaux ne s'ouvre pas : voyez le disque, puis relancez le nœud.
warning-kept-newer = { $file } vient d'un Roneo plus récent et reste tel quel : mettez à jour pour vous en servir.
warning-kept-damaged = { $file } était abîmé : il est mis de côté dans { $aside }, et recommence à vide.
wanted-one-of = prenez l'un de ces mots : { $words }
wanted-switch = prenez true ou false
wanted-size = écrivez un nombre entier et une unité, comme 10 GiB, 500 MB ou 4096
wanted-own-address = il faut une adresse de cette machine seule et un port, comme 127.0.0.1:8888
wanted-addresses = il faut des adresses avec un port, comme [::]:0 ou 192.0.2.7:4040

## Folders, and what files say of their makers

insert-stopped = Rien n'est parti
insert-folder = Ou un dossier entier
insert-folder-hint = Avec ses pages et ses images. Les fichiers cachés restent ici.
insert-make = Ce qu'ils deviennent
insert-links = Un lien par fichier
insert-links-text = Par exemple quelques tracts sans rapport entre eux.
insert-whole = Un seul lien pour tout
insert-whole-text = Un dossier, ou un ZIP qui est ouvert. Une page index.html en fait un site.
insert-site = Une édition d'un site
insert-site-text = Sous une de vos clés : le lien de vos lecteurs reste le même. Seul ce qui a changé est envoyé.
insert-site-no-key = Pour un site que vous pourrez changer, créez d'abord une clé.
insert-metadata = Ce que les images disent de vous
insert-strip = Le retirer
insert-strip-text = Lieu, heure, appareil et vignettes quittent les PNG et les JPEG. L'image ne change pas.
insert-anew = Refaire les images
insert-anew-text = Chaque image est refaite à partir de ses points. Un peu moins nette, et rien d'autre n'y reste.
insert-keep = Le garder
insert-keep-text = Les fichiers partent tels quels.
insert-archive = Ce ZIP ne s'ouvre pas : il est abîmé ou incomplet. Refaites-le.
insert-bomb = Ce ZIP contient bien plus que sa taille ne le dit. Déposez ses fichiers autrement.
insert-no-site = Choisissez une clé, et donnez un nom au site. Puis choisissez les fichiers à nouveau : un navigateur ne les garde pas.
insert-refused = { $n ->
    [one] { NUMBER($n) } fichier ne peut pas être publié.
   *[other] { NUMBER($n) } fichiers ne peuvent pas être publiés.
} Rien n'est parti.
insert-refused-more = { $n ->
    [one] Et { NUMBER($n) } autre.
   *[other] Et { NUMBER($n) } autres.
}
insert-cleaned = { $n ->
    [one] Retiré d'{ NUMBER($n) } image
   *[other] Retiré de { NUMBER($n) } images
} : lieu, heure, appareil, et ce qui s'y cachait.
insert-uncleaned = { $n ->
    [one] { NUMBER($n) } fichier peut
   *[other] { NUMBER($n) } fichiers peuvent
} encore dire qui l'a fait, où et quand : documents, films et sons partent tels quels.
file-name = Son nom est trop long, ou a des signes qui trompent : renommez-le.
file-key = C'est une clé privée : qui la lit publie en votre nom. Mettez-la ailleurs.
file-clash = Un autre fichier a ce nom : renommez l'un des deux.
file-link = C'est un renvoi vers un autre fichier : mettez une copie à sa place.
file-locked = Un mot de passe le ferme : refaites l'archive sans.
file-packing = Il ne se déballe pas : refaites l'archive, en ZIP ordinaire.
file-damaged = L'image est abîmée, donc rien ne peut en être retiré : enregistrez-la à nouveau, ou choisissez de tout garder.
transfers-folders = Dossiers et sites
transfers-upkeep = Vérifications et réparations
folder-unnamed = Dossier
folder-comparing = On regarde ce que l'édition d'avant a déjà.
folder-storing = { $files ->
    [one] { NUMBER($files) } fichier
   *[other] { NUMBER($files) } fichiers
} : { $done } déposés sur { $length }.
folder-publishing = Tout est déposé. Le nom part, signé.
folder-weak = { $files ->
    [one] { NUMBER($files) } fichier, { $length }
   *[other] { NUMBER($files) } fichiers, { $length }
}. Lisible dès maintenant ; Roneo continue de placer des copies.
folder-done = { $files ->
    [one] { NUMBER($files) } fichier, { $length }
   *[other] { NUMBER($files) } fichiers, { $length }
}, toutes les copies confirmées.
folder-reused = Dont { $size } qui étaient déjà là, et n'ont pas été renvoyés.
folder-stays = Laissez Roneo tourner jusqu'à la fin. S'il s'arrête, déposez le même dossier à nouveau : rien n'est envoyé deux fois.
kept-no-folder = Ce dossier n'est plus suivi : Roneo a redémarré depuis. Déposez-le à nouveau, rien n'est envoyé deux fois.
keys-update = Mettre à jour
keys-folder = Publier un dossier

## Boards

nav-boards = Tableaux
nav-search = Recherche
nav-people = Gens
me = Moi
me-nobody = lecture seule
me-more = { $n ->
    [one] et { NUMBER($n) } autre
   *[other] et { NUMBER($n) } autres
}
unread-word = à lire
read-word = lu
nobody-named = Sans nom
board-unnamed = Tableau { $address }
place-everywhere = International
place-france = France
place-towns = Villes
boards-lede = Un tableau est un forum que personne n'héberge. Ceux que vous suivez sont relevés de temps en temps, même pages fermées.
boards-followed = Tableaux que vous suivez
boards-none = Vous ne suivez encore aucun tableau.
boards-none-text = Suivez-en un : ce qui s'y dit arrive ici, et se lit aussi hors ligne. Par exemple le logement, ou votre ville.
boards-choose = Choisir des tableaux
boards-silent = Rien n'y a encore été entendu.
boards-all-read = Tout est lu. Dernier message { $when }.
boards-unread-in = { $threads ->
    [one] Dans { NUMBER($threads) } fil.
   *[other] Dans { NUMBER($threads) } fils.
} Dernier message { $when }.
boards-open-title = Un autre tableau
boards-open = Une invitation, un lien, une adresse ou un chemin
boards-join-as = Avec une invitation, vous y parlez comme
boards-open-hint = Collez ce qu'on vous a donné : la ligne d'une invitation, un lien ou une adresse. Un chemin comme fr/31/toulouse/tilleuls suffit pour un tableau ouvert : il existe dès que quelqu'un y écrit.
boards-nobodys = Ces tableaux ne sont à personne, et personne n'en tient la porte. Ce qui s'y replie, ce sont les vigies que vous choisissez qui le replient.
board-follow = Suivre
home-unread-html = { $n ->
    [one] message<br> à lire
   *[other] messages<br> à lire
}
home-loudest = C'est le tableau où vous avez le plus à lire.
home-boards = Par tableau
home-all-boards = Tous les tableaux
curators-title = Vigies
theme-help = Débuter
theme-directory = Annuaire
theme-work = Travail
theme-income = Revenus
theme-housing = Logement
theme-health = Santé
theme-school = École
theme-climate = Climat et terres
theme-rights = Droits et libertés
theme-elected = Interpeller
theme-lists = Listes
theme-tools = Outils
theme-assembly = Assemblées
theme-city = Autour de chez vous

## When something of a conversation is not done

talk-title = Ceci n'a pas été fait
talk-not-heard-title = Pas encore entendu
talk-no-identity = Cette identité n'est pas sur cet ordinateur : voyez lesquelles y sont.
talk-identity-exists = Une identité s'appelle déjà { $name } ici : choisissez un autre nom.
talk-identity-here = Ces mots sont ceux d'une identité qui est déjà ici.
talk-name = Ce nom ne va pas : 1 à 40 signes, sur une ligne, sans signe invisible. Tapez-le plutôt que de le coller.
talk-post-field = Une des cases dépasse ce qu'un message peut porter : raccourcissez-la.
talk-post = Ce message ne peut pas être écrit ainsi. Raccourcissez-le.
talk-board = Ceci n'est pas un tableau : copiez son adresse à nouveau, ou donnez son chemin.
talk-no-board = Il n'y a pas de tableau à ce lien. Copiez-le à nouveau, en entier, ou demandez à qui vous l'a donné.
talk-invitation = Cette invitation ne se lit pas. Copiez à nouveau toute la ligne, jusqu'au dernier caractère.
talk-no-longer-invited = Cette invitation ne compte plus. Demandez-en une autre à qui vous l'a donnée.
talk-not-steward = Vous ne tenez pas ce tableau. Envoyez votre clé à celles et ceux qui le tiennent.
talk-not-introducer = Vous ne pouvez pas inviter à ce tableau. Demandez à celles et ceux qui le tiennent.
talk-terms = Un tableau ne peut pas être ainsi : voyez la longueur du nom, le chemin et les langues.
talk-no-proposal = Cette proposition n'est plus là. Regardez à nouveau le tableau.
talk-no-change = Cela ne change rien. Dites ce qui doit être différent.
talk-id = Ceci n'est pas l'adresse d'un message : copiez-la à nouveau.
talk-full = { $most ->
    [one] Il y en a déjà { NUMBER($most) }
   *[other] Il y en a déjà { NUMBER($most) }
}, pas plus : attendez, ou faites de la place.
talk-not-heard = Ce message n'est pas encore ici. Il vient peut-être : ouvrez son tableau, et laissez-lui quelques minutes.
talk-other-machine = Ceci a été signé sur une autre machine : qui vous suit le trouve. Redites-le pour les autres.
talk-not-yours = Seule la personne qui l'a dit peut le changer ou le retirer. Vous pouvez mettre une correction à côté.
talk-index = Ce qui a été entendu n'a pas pu être lu ou changé ainsi. Revenez à la première page, puis réessayez.
talk-other = Roneo ne l'a pas fait. Réessayez dans un instant.
words-count = Il faut 24 mots ; il y en a { NUMBER($count) }.
words-unknown = Le mot { NUMBER($position) } n'est pas dans la liste : vérifiez son orthographe.
words-mixed = On ne voit pas de quelle langue sont ces mots : écrivez-les en entier.
words-checksum = Un des mots est faux, ou deux sont échangés.
words-too-long = C'est trop long pour 24 mots : donnez les mots seuls.
step-boards = Voir les tableaux
step-boards-text = Ce qui y a été entendu se lit même hors ligne.

## Identities

identities-title = Moi
identities-lede = Une identité est un nom et une clé, qui signe ce que vous dites. Plusieurs identités ne se relient pas entre elles, tant que vous n'en dites rien.
identities-none = Vous lisez, sans nom.
identities-none-text = Pour écrire il faut une identité. Elle ne demande ni adresse ni numéro, et se fait en une seconde.
identities-key = Clé
identities-forget = Oublier ici
identities-new-title = Une nouvelle identité
identities-name = Nom
identities-name-hint = Le nom que les autres lisent. Deux mots tirés de la clé l'accompagnent partout : c'est à eux qu'on vous reconnaît.
identities-new = La faire
identities-back-title = Retrouver une identité
identities-back-lede = Avec ses 24 mots, sur n'importe quel ordinateur.
identities-words = Les 24 mots
identities-back = La retrouver
identity-words-title = Vos 24 mots
identity-words-lede = Recopiez-les dans l'ordre, sur du papier. Ils rendent cette identité si cet ordinateur est perdu, volé ou saisi.
identity-words-once-title = Montrés cette fois seulement
identity-words-once = Roneo ne les garde nulle part et ne peut pas les retrouver. Qui les a parle en votre nom : personne n'a à vous les demander.
identity-words-kept = Je les ai recopiés
identity-forget-title = L'oublier sur cet ordinateur ?
identity-forget-lede = La clé est effacée d'ici. Ce que vous avez dit reste dit. Ses 24 mots la rendent ; sans eux, personne ne la rend.
identity-forget-yes = L'oublier
identity-forget-no = La garder

## A board

pages = Pages
page-number = Page { NUMBER($n) }
page-next = Page suivante
tabs = Vues du tableau
tab-all = Tout
tab-unread = Non lus
tab-newcomers = Nouveaux venus
tab-folded = Repliés
board-write = Écrire
board-begin = Commencer un fil
board-unfollow = Ne plus suivre
board-heard = Écouté jusqu'à { $time }
board-hearing = On l'écoute
board-no-curators = Personne ne replie ici.
board-curators = Replient ici :
board-curators-change = Choisir les vigies
board-rules = Règles du tableau
board-empty = Personne n'a encore écrit ici.
board-empty-text = Soyez la première voix. Ou laissez la page ouverte : ce qui se dit met quelques minutes à venir.
board-all-read = Tout est lu.
board-all-read-text = Ce qui arrive ensuite s'inscrit ici.
board-no-newcomers = Personne de nouveau pour l'instant.
board-no-newcomers-text = Ici parlent celles et ceux dont vous avez lu peu de choses. Leur répondre les fait connaître.
board-none-folded = Rien n'est replié.
board-none-folded-text = Ce qu'une vigie que vous suivez déconseille se range ici, avec sa raison. Rien n'est effacé.
board-missing = { $n ->
    [one] message est annoncé, et n'est pas encore là
   *[other] messages sont annoncés, et ne sont pas encore là
}
board-missing-text = Ils sont cherchés à chaque relevé.
board-folded = { $n ->
    [one] fil replié
   *[other] fils repliés
}
board-read-all = Tout marquer comme lu
thread-retracted = Retiré par son auteur
thread-beginless = Un fil dont le début est en route
thread-replies = { $n ->
    [0] Pas encore de réponse.
    [one] { NUMBER($n) } réponse.
   *[other] { NUMBER($n) } réponses.
}
thread-last = Dernier mot
stamp-folded = Replié
stamp-bookmarked = Signet
stamp-new = Nouveau
stamp-own = Vous
at-time = à { $time }
ago-and-when = il y a { $duration }, { $when }
fold-person = Vous avez masqué cette personne.
fold-thread = Vous avez masqué ce fil.
fold-label = { $tag }, selon { $curator } : « { $reason } ».
fold-label-author = { $tag }, pour tout ce que dit cette personne, selon { $curator } : « { $reason } ».
react-agree = D'accord
react-disagree = Pas d'accord
react-thanks = Merci
react-important = Important
react-question = À éclaircir
react-solidarity = Solidaire
react-own = dont vous
react-hint = Un mot suffit. Votre nom y reste attaché, et tout le monde voit les totaux.
tag-spam = Publicité répétée
tag-offtopic = Hors sujet
tag-doxxing = Livre quelqu'un
tag-hate = Haine
tag-violence = Appel à la violence
tag-illegal = Illégal
tag-scam = Arnaque
tag-sensitive = Difficile à voir
tag-duplicate = Déjà dit

## A thread

thread-count = { $n ->
    [one] { NUMBER($n) } message ici.
   *[other] { NUMBER($n) } messages ici.
}
thread-begun = Commencé
thread-unread = { $n ->
    [one] { NUMBER($n) } non lu.
   *[other] { NUMBER($n) } non lus.
}
thread-to-unread = Aller au premier non lu
thread-all-read = Tout est lu.
thread-unread-here = Non lu à partir d'ici
thread-next = La suite du fil
thread-end = Le fil s'arrête ici, pour l'instant.
thread-read = J'ai tout lu
thread-unread-again = Remettre le fil en non lu
thread-mute = Masquer ce fil
thread-unmute = Ne plus masquer ce fil
post-numbered = Message { NUMBER($n) }
post-unread = non lu
post-answer = Répondre
post-answer-to = Répondre à
post-quote = Citer
post-more = Réagir et plus
post-more-title = Dire un mot, ranger, signaler
post-author = Voir cette personne
post-bookmark = Mettre un signet
post-unbookmark = Ôter le signet
post-read = Marquer comme lu
post-unread-again = Remettre en non lu
post-warning = À l'ouverture :
post-parent-missing = Le message auquel celui-ci répond est en route.
post-retracted = Retiré par son auteur, { $when }.
post-retracted-why = Retiré par son auteur, { $when } : « { $reason } ».
post-beside = À côté du
post-earlier = { $n ->
    [one] La version d'avant
   *[other] Les versions d'avant
}
stamp-edited = { $n ->
    [one] Modifié { NUMBER($n) } fois
   *[other] Modifié { NUMBER($n) } fois
}
stamp-retracted = Retiré
correction = Correction
correction-source = Source :
corrections-more = { $n ->
    [one] Et { NUMBER($n) } autre correction.
   *[other] Et { NUMBER($n) } autres corrections.
}

## Writing

write-thread = Nouveau fil
write-edit = Modifier
write-edit-text = Qui lit voit les deux versions, et la raison si vous en donnez une.
write-retract = Retirer
write-retract-text = C'est demander qu'on ne le montre plus. Qui l'a déjà le garde peut-être : ce qui est dit ne se rappelle pas.
write-correct = Corriger
write-correct-text = Votre correction se lit à côté du message, signée de vous. Une source la rend vérifiable.
write-label = Signaler, en vigie
write-label-text = Le message se repliera, avec votre raison, chez celles et ceux qui ont choisi de suivre vos signalements. Chez les autres, rien ne change.
write-as = Vous écrivez en tant que
write-as-other = Changer d'identité
write-nobody = Il faut une identité pour écrire.
write-draft = Brouillon
write-draft-kept = Gardé sur cet ordinateur, à { $time }. Personne d'autre ne le voit.
write-draft-found = Il était gardé sur cet ordinateur.
write-title = Titre
write-title-hint = 140 signes au plus. Il en reste { NUMBER($n) }.
write-title-missing = Il manque un titre : c'est lui qu'on lit dans le tableau.
write-message = Votre message
write-message-hint = Un mot entre **étoiles** sera en gras, une ligne qui commence par un chevron fermant sera une citation.
write-text-missing = Il manque le texte.
write-too-long = { $over ->
    [one] Trop long de { NUMBER($over) } signe.
   *[other] Trop long de { NUMBER($over) } signes.
} Rien n'est perdu.
write-lang = Langue du message
write-tag = Pourquoi le replier
write-tag-missing = Choisissez une raison dans la liste.
write-sources = Sources
write-sources-hint = Une par ligne, 8 au plus : une adresse, ou le titre d'un document et sa page.
write-sources-too-long = { $over ->
    [one] Une source de trop, ou trop longue de { NUMBER($over) } signe.
   *[other] Des sources de trop, ou trop longues, de { NUMBER($over) }.
} Rien n'est perdu.
write-reason = Raison
write-reason-hint = En une ligne, que tout le monde lira.
write-reason-missing = Dites pourquoi : rien ne se replie sans raison.
write-wrong = Pas encore prêt
write-nothing-lost = Ce que vous avez écrit est là, plus bas.
write-about = À propos de ce que dit
write-preview-title = Ce que les autres liront
write-preview = Relire
write-preview-again = Relire à nouveau
write-keep = Garder en brouillon
write-send = Publier
write-effort-title = Avant d'être lu
write-effort = Votre ordinateur fait d'abord un calcul contre le spam : de quelques secondes à quelques minutes, selon le monde qu'il y a sur le tableau. Vous pouvez fermer la page. Ensuite l'annonce voyage, et on vous lira en 2 minutes environ.
write-effort-short = On vous lira dans quelques minutes, le temps d'un calcul contre le spam. Un message publié ne se rappelle pas.
write-no-recall = Un message publié ne se rappelle pas. Il est signé de votre clé : tout ce que cette identité a dit se tient ensemble.

## What I said

said-title = Ce que j'ai dit
said-lede = Chaque message avance de lui-même, même pages fermées, et reprend après un redémarrage.
said-list = Dit
said-none = Vous n'avez encore rien dit d'ici.
said-none-text = Ce que vous publiez avance ici, de la signature à l'annonce. Par exemple une question sur le tableau de votre ville.
said-signed = Signé
said-signed-text = Gardé sur cet ordinateur. Il est à vous, et ne changera plus.
said-stored = Déposé
said-stored-text = Confié en morceaux à d'autres nœuds.
said-worked = Calcul contre le spam
said-work = { NUMBER($percent) } % du calcul attendu. Vous pouvez fermer la page.
said-work-text = Quelques secondes à quelques minutes de travail de votre ordinateur.
said-waits = Vous avez beaucoup dit cette heure-ci sur ce tableau. La suite part à { $time }.
said-announced = Annoncé
said-announced-text = Qui lit le tableau le voit au prochain relevé.
said-receipts = { $n ->
    [one] { NUMBER($n) } nœud en garde l'annonce.
   *[other] { NUMBER($n) } nœuds en gardent l'annonce.
} On vous lit.
said-published = Publié
said-published-text = Inscrit parmi ce que vous avez dit : qui vous suit le retrouve.
said-not-yet = (pas encore)
said-under-way = Votre message est signé. Il part.
said-done = C'est dit. On vous lit.
said-failed = Votre message n'est pas parti, et Roneo a cessé d'essayer. Il reste sur cet ordinateur : vérifiez que le nœud a des voisins, puis redites-le.
said-read = Le lire à sa place
kind-thread = Fil
kind-answer = Réponse
kind-reaction = Mot
kind-edit = Modification
kind-retraction = Retrait
kind-correction = Correction
kind-label = Signalement
kind-other = Autre chose
drafts-title = Brouillons
draft-saved = Gardé
draft-drop = L'oublier
draft-untitled = Sans texte encore

## People, curators, search

people-title = Les gens que je suis
people-lede = Suivre quelqu'un, c'est retrouver tout ce que cette personne publie, où que ce soit. Elle ne le sait pas.
people-none = Vous ne suivez encore personne.
people-none-text = Ouvrez un fil, touchez un nom, puis Suivre.
people-since = Suivi·e depuis
people-find-title = Quelqu'un d'autre
people-find = Sa clé
people-find-hint = Les 43 signes que cette personne vous a donnés, ou que montre sa page.
person-calls-itself = Se nomme
person-followed = Suivi·e
person-muted = Masqué·e
person-mute = Masquer
person-unmute = Ne plus masquer
person-more = Nommer, choisir pour vigie, vérifier
person-petname = Le nom que vous lui donnez
person-petname-hint = Vous seul·e le voyez, et il passe devant le sien partout. Vide : le sien.
person-curate-hint = Vigie : ce que cette personne signale se replie chez vous, avec sa raison.
person-words-hint = Les deux mots { $words } distinguent, ils ne prouvent pas : pour être sûr·e, comparez la clé entière de vive voix.
person-said = Ce qui a été dit
person-silent = Rien n'a encore été entendu de cette personne.
person-silent-text = Roneo regarde ce qu'elle publie. Revenez dans quelques minutes.
curators-lede = Une vigie lit pour d'autres, et signale ce qui ne vaut pas d'être lu. Vous choisissez lesquelles ; ce qu'elles signalent se replie, avec la raison, et s'ouvre d'un geste.
curators-everywhere = Partout
curators-none = Aucune vigie ici.
curators-none-text = Rien ne se replie, que ce que vous masquez vous-même. Choisissez quelqu'un dont vous suivez le jugement.
curators-alone = Un seul signalement suffit
curators-alone-hint = Sinon il en faut deux, de vigies différentes.
curators-two = Il faut le signalement d'une deuxième vigie.
curators-remove = Ne plus suivre ses signalements
curators-add = Suivre ses signalements
curators-new-title = Choisir une vigie
curators-followed = Parmi les gens que vous suivez
curators-choose = Personne
curators-where = Où
search-title = Recherche
search-lede = Dans tout ce que cet ordinateur a entendu. Rien n'est demandé à personne.
search-words = Mots
search-hint = Des guillemets pour une suite de mots, une étoile pour un début (loca*), un tiret pour exclure (-vente).
search-board = Sur quel tableau
search-all = Tous
search-go = Chercher
search-found = Trouvé
search-none = Personne n'a dit cela ici.
search-none-text = Essayez un mot de moins, ou un début de mot. Ce qui n'a pas encore été entendu ne peut pas être trouvé.
search-refused = Ces mots ne se cherchent pas : il en faut au moins un, et 16 au plus.

## Backup

backup-title = Sauvegarde
backup-lede = Un fichier scellé avec tout ce qui vous manquerait : identités, clés, signets. Gardez-le ailleurs que sur cet ordinateur.
backup-make = Faire une sauvegarde
backup-words = Huit mots l'ouvrent
backup-words-text = Recopiez-les dans l'ordre, sur du papier, et pas à côté du fichier. Roneo ne les garde nulle part : sans eux, personne n'ouvre ce fichier.
backup-save = Enregistrer le fichier
backup-back-title = Reprendre une sauvegarde
backup-passphrase = Les huit mots
backup-file = Le fichier
backup-back = La reprendre
backup-restored-title = C'est revenu
backup-restored = Identités : { NUMBER($identities) }. Clés de sites : { NUMBER($keys) }. Signets : { NUMBER($bookmarks) }.
backup-here-already = Déjà là, laissé tel quel : { NUMBER($n) }.
backup-left-out = Sans place ici : { NUMBER($n) }.
settings-backup = Sauvegarde : la faire, la reprendre
