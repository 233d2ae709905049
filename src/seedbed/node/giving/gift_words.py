# SPDX-License-Identifier: Apache-2.0
"""Words for what a volunteer gives: hours, traffic, disks, files that are there already, and the end of it (pure)."""

from __future__ import annotations

WORDS: dict[str, dict[str, str]] = {
    "hours-closed": {
        "en": "silent until its hours ({hours}) begin: nothing is fetched or served",
        "fr": "silencieux jusqu'à ses heures ({hours}) : rien n'est récupéré ni servi",
        "es": "en silencio hasta sus horas ({hours}): no se descarga ni se sirve nada",
    },
    "line-free": {
        "en": "it fetches and serves: its hours have begun, or there is traffic to give again",
        "fr": "il récupère et sert : ses heures ont commencé, ou il reste de nouveau du trafic à donner",
        "es": "descarga y sirve: sus horas han empezado, o vuelve a haber tráfico que dar",
    },
    "traffic-nearly-used-up": {
        "en": "nothing new this month: {used_bytes:,} of {monthly_bytes:,} bytes used, the rest is for serving",
        "fr": "rien de nouveau ce mois-ci : {used_bytes:,} octets sur {monthly_bytes:,}, le reste sert à partager",
        "es": "nada nuevo este mes: {used_bytes:,} de {monthly_bytes:,} bytes usados, el resto es para servir",
    },
    "traffic-used-up": {
        "en": "silent until next month: its traffic is used up ({used_bytes:,} of {monthly_bytes:,} bytes)",
        "fr": "silencieux jusqu'au mois prochain : trafic épuisé ({used_bytes:,} octets/{monthly_bytes:,})",
        "es": "en silencio hasta el mes que viene: tráfico agotado ({used_bytes:,} de {monthly_bytes:,} bytes)",
    },
    "disk-away": {
        "en": "the disk of {folder} is away: what lies there is not served until it is back, the others go on",
        "fr": "le disque de {folder} est absent : ce qui s'y trouve n'est pas servi, les autres continuent",
        "es": "falta el disco de {folder}: lo que hay allí no se sirve hasta que vuelva, los demás siguen",
    },
    "disk-back": {
        "en": "the disk of {folder} is back",
        "fr": "le disque de {folder} est de retour",
        "es": "el disco de {folder} ha vuelto",
    },
    "adopt-adopted": {
        "en": "taken over: all {of_files:,} files are proved and linked",
        "fr": "repris : les {of_files:,} fichiers sont vérifiés et liés",
        "es": "tomado: los {of_files:,} archivos están comprobados y enlazados",
    },
    "adopt-begun": {
        "en": "begun: {files:,} of {of_files:,} files are proved and linked, the rest will be fetched",
        "fr": "commencé : {files:,} fichiers sur {of_files:,} sont vérifiés et liés, le reste sera récupéré",
        "es": "empezado: {files:,} de {of_files:,} archivos comprobados y enlazados, el resto se descargará",
    },
    "adopt-here": {
        "en": "the node has it already",
        "fr": "le nœud l'a déjà",
        "es": "el nodo ya lo tiene",
    },
    "adopt-wrong": {
        "en": "files of these names and sizes have other bytes",
        "fr": "des fichiers de ces noms et tailles ont un autre contenu",
        "es": "hay archivos con esos nombres y tamaños, pero con otro contenido",
    },
    "adopt-incomplete": {
        "en": "not all of it is there, and its torrent (v1) can be proved only as a whole",
        "fr": "il en manque, et son torrent (v1) ne peut être vérifié qu'en entier",
        "es": "falta una parte, y su torrent (v1) solo se puede comprobar entero",
    },
    "adopt-far": {
        "en": "on another file system than the node's folder, where nothing can be linked: {why}",
        "fr": "sur un autre système de fichiers que le dossier du nœud, où rien ne peut être lié : {why}",
        "es": "en otro sistema de archivos que la carpeta del nodo, donde no se puede enlazar: {why}",
    },
    "adopt-forbidden": {
        "en": "the system lets nobody link to it but its owner: {why}",
        "fr": "le système ne laisse que son propriétaire le lier : {why}",
        "es": "el sistema solo deja enlazarlo a su dueño: {why}",
    },
    "adopt-no-links": {
        "en": "this file system knows neither hard links nor clones: {why}",
        "fr": "ce système de fichiers ne connaît ni liens ni clones : {why}",
        "es": "este sistema de archivos no admite enlaces ni clones: {why}",
    },
    "adopt-unwanted": {
        "en": "you chose not to take it ({why})",
        "fr": "vous avez choisi de ne pas le prendre ({why})",
        "es": "eligió no tomarlo ({why})",
    },
    "adopt-no-room": {
        "en": "larger than what is left of the budget: {of_bytes:,} bytes",
        "fr": "plus grand que ce qui reste du budget : {of_bytes:,} octets",
        "es": "mayor que lo que queda del presupuesto: {of_bytes:,} bytes",
    },
    "adopt-no-torrent": {
        "en": "its torrent cannot be had now: {why}",
        "fr": "son torrent est introuvable maintenant : {why}",
        "es": "su torrent no se puede obtener ahora: {why}",
    },
    "adopt-in-parts": {
        "en": "so large that it is kept in parts, which are not taken over",
        "fr": "si grand qu'il est gardé par parties, qui ne sont pas reprises",
        "es": "tan grande que se guarda por partes, que no se toman",
    },
    "leave-begun": {
        "en": "silent: you asked to leave, and others are looked at once more",
        "fr": "silencieux : vous avez demandé de partir, les autres sont vérifiés une fois encore",
        "es": "en silencio: pidió irse, y se mira una vez más a los demás",
    },
    "leave-refused": {
        "en": "stays after all: too few others hold {units}",
        "fr": "reste finalement : trop peu d'autres conservent {units}",
        "es": "se queda al final: muy pocos otros guardan {units}",
    },
    "file-too-large": {
        "en": "it has a file of {size_bytes:,} bytes; your folder's file system ends at {most_bytes:,}",
        "fr": (
            "un de ses fichiers a {size_bytes:,} octets ; le système de fichiers du dossier s'arrête à {most_bytes:,}"
        ),
        "es": ("tiene un archivo de {size_bytes:,} bytes; el sistema de archivos de su carpeta llega a {most_bytes:,}"),
    },
    "no-holes": {
        "en": "so large that it is kept in parts, which your folder's file system cannot do: {size_bytes:,} bytes",
        "fr": (
            "si grand qu'il est gardé par parties, ce que le système de fichiers du dossier ne permet pas : "
            "{size_bytes:,} octets"
        ),
        "es": (
            "tan grande que se guarda por partes, lo que el sistema de archivos de su carpeta no permite: "
            "{size_bytes:,} bytes"
        ),
    },
    "lacks-hard-links": {
        "en": (
            "the folder's file system has no hard links: what a new version has in common with the old one "
            "takes its space twice, and nothing can be adopted"
        ),
        "fr": (
            "le système de fichiers du dossier n'a pas de liens physiques : ce que deux versions ont en "
            "commun prend deux fois sa place, et rien ne peut être repris"
        ),
        "es": (
            "el sistema de archivos de la carpeta no tiene enlaces duros: lo que dos versiones tienen en "
            "común ocupa el doble, y no se puede tomar nada"
        ),
    },
    "lacks-holes": {
        "en": (
            "the folder's file system has no files with holes: a file takes its whole space from its first "
            "byte on, and very large datasets are not taken in parts"
        ),
        "fr": (
            "le système de fichiers du dossier n'a pas de fichiers à trous : un fichier prend toute sa place"
            " dès le premier octet, et les très grands jeux de données ne sont pas pris par parties"
        ),
        "es": (
            "el sistema de archivos de la carpeta no tiene archivos con huecos: un archivo ocupa todo su "
            "espacio desde el primer byte, y los conjuntos muy grandes no se toman por partes"
        ),
    },
    "lacks-case": {
        "en": (
            "the folder's file system takes A and a for the same; datasets have no such names, so that does no harm"
        ),
        "fr": (
            "le système de fichiers du dossier confond A et a ; les jeux de données n'ont pas de tels noms, "
            "cela ne gêne pas"
        ),
        "es": ("el sistema de archivos de la carpeta confunde A y a; los conjuntos no tienen nombres así, no importa"),
    },
    "lacks-symlinks": {
        "en": "the folder's file system has no symbolic links; datasets have none either, so that does no harm",
        "fr": (
            "le système de fichiers du dossier n'a pas de liens symboliques ; les jeux de données non plus, "
            "cela ne gêne pas"
        ),
        "es": "el sistema de archivos de la carpeta no tiene enlaces simbólicos; los conjuntos tampoco, no importa",
    },
    "lacks-size": {
        "en": (
            "the folder's file system cannot hold files above {most_bytes:,} bytes: datasets with such files"
            " are not taken"
        ),
        "fr": (
            "le système de fichiers du dossier ne contient pas de fichiers au-delà de {most_bytes:,} octets "
            ": les jeux de données qui en ont ne sont pas pris"
        ),
        "es": (
            "el sistema de archivos de la carpeta no admite archivos de más de {most_bytes:,} bytes: los "
            "conjuntos que los tienen no se toman"
        ),
    },
}
